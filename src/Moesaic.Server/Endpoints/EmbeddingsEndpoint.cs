using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Security;

namespace Moesaic.Server.Endpoints;

/// <summary>Hidden states of texts as vectors.</summary>
sealed class EmbeddingsEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Post;

    public string Path => "/v1/embeddings";

    public string About => "texts as vectors";

    public async Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        using var measure = parts.Metrics.Start("embeddings", model.Name);
        try
        {
            var request = await RequestBody.ReadAsync(context, ServerJson.Wire.EmbeddingsRequest);
            var jobs = Plan(request, model, Caller.Of(context));
            var vectors = await ReadAsync(model, jobs, context.RequestAborted);
            var tokens = vectors.Sum(v => v.Tokens);
            measure.End(tokens, null);
            var inBase64 = request.EncodingFormat == "base64";
            await JsonAnswer.WriteAsync(context, new EmbeddingsResponse(
                model.Name, [.. vectors.Select((v, i) => new EmbeddingEntry(i, Encode(v, inBase64, jobs[i].Pooling)))], new EmbeddingsUsage(tokens, tokens)),
                ServerJson.Wire.EmbeddingsResponse);
        }
        catch (Exception e)
        {
            measure.Fail(e, context.RequestAborted.IsCancellationRequested);
            throw;
        }
    }

    List<EmbeddingRequest> Plan(EmbeddingsRequest request, MoesaicModel model, Caller caller)
    {
        Fields.Model(request.Model, model.Name);
        Fields.User("user", request.User);
        Fields.Refuse("dimensions", request.Dimensions, "vectors have the width of the model; what is cut off one was not trained to be cut");
        Fields.Only("encoding_format", request.EncodingFormat, "need float or base64", "float", "base64");
        Fields.Only("pooling", request.Pooling, "need mean, last or none", "mean", "last", "none");
        if (request.Moesaic?.Routing is not null) throw ApiException.Field("moesaic.routing", "means nothing here.", "unsupported_value");
        var prompts = PromptIds.Of("input", Fields.Required("input", request.Input), request.AddSpecialTokens ?? true, model);
        if (prompts.Count > parts.Options.MaxBatch)
            throw ApiException.Field("input", $"{prompts.Count} inputs are more than the {parts.Options.MaxBatch} that a request may have.", "batch_too_large");
        return [.. prompts.Select(ids => new EmbeddingRequest
        {
            Prompt = ids, Pooling = request.Pooling switch { "last" => Pooling.Last, "none" => Pooling.None, _ => Pooling.Mean }, Normalise = request.Normalise ?? true,
            Task = request.Task, Client = caller.Client(request.User), Deadline = GenerationReader.Deadline(request.Moesaic, parts.Options),
        })];
    }

    static async Task<TextEmbedding[]> ReadAsync(MoesaicModel model, IReadOnlyList<EmbeddingRequest> jobs, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await Task.WhenAll(jobs.Select(job => model.Queue.EmbedAsync(job, ending.Token)).ToList());
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }
    }

    // One vector is a list of numbers; one for each token, a list of such.
    static JsonElement Encode(TextEmbedding embedding, bool inBase64, Pooling pooling)
    {
        if (inBase64) return JsonSerializer.SerializeToElement(Base64(embedding.Vectors), ServerJson.Wire.String);
        return pooling == Pooling.None
            ? JsonSerializer.SerializeToElement([.. embedding.Vectors], ServerJson.Wire.SingleArrayArray)
            : JsonSerializer.SerializeToElement(embedding.Vectors[0], ServerJson.Wire.SingleArray);
    }

    static string Base64(IReadOnlyList<float[]> vectors)
    {
        var numbers = vectors.SelectMany(v => v).ToArray();
        var bytes = new byte[numbers.Length * sizeof(float)];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), numbers[i]);
        return Convert.ToBase64String(bytes);
    }
}
