#:project ../src/Moesaic.Extensions.AI/Moesaic.Extensions.AI.csproj
// Which text is nearest to another: dotnet run -c Release samples/embeddings.cs -- models/demo
using Microsoft.Extensions.AI;
using Moesaic.Extensions.AI;

using var model = MoesaicModel.Open(args.FirstOrDefault() ?? "models/demo");
IEmbeddingGenerator<string, Embedding<float>> generator = new MoesaicEmbeddingGenerator(model);

string[] texts = ["Returns the number of elements in the list.", "Throws when the stream is closed.", "Gets the count of items in the collection."];
var embeddings = await generator.GenerateAsync(texts);
for (var i = 1; i < texts.Length; i++)
    Console.WriteLine($"{Dot(embeddings[0], embeddings[i]):F3}  {texts[i]}");

// Vectors have length 1, so this is the cosine.
static float Dot(Embedding<float> a, Embedding<float> b)
{
    var sum = 0f;
    for (var i = 0; i < a.Vector.Length; i++) sum += a.Vector.Span[i] * b.Vector.Span[i];
    return sum;
}
