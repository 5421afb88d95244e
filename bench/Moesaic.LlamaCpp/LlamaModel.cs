using System.Runtime.InteropServices;
using System.Text;

namespace Moesaic.LlamaCpp;

/// <summary>A GGUF file run by llama.cpp.</summary>
public sealed unsafe class LlamaModel : IDisposable
{
    readonly nint model, context;
    readonly int batch;

    /// <param name="path">The file.</param>
    /// <param name="positions">Length of the context in tokens.</param>
    /// <param name="threads">Threads to compute with.</param>
    /// <param name="exact">Keys and values in float32 and plain attention, instead of half precision as usual.</param>
    /// <exception cref="InvalidOperationException">The library refuses the file; the message is its own.</exception>
    public LlamaModel(string path, int positions, int threads, bool exact = false)
    {
        LlamaLibrary.Load();
        LlamaLibrary.TakeComplaints();
        model = Native.llama_model_load_from_file(path, Native.llama_model_default_params());
        if (model == 0) throw new InvalidOperationException($"llama.cpp does not load {path}: {LlamaLibrary.TakeComplaints()}");
        var parameters = Native.llama_context_default_params();
        var fields = MemoryMarshal.Cast<byte, int>((Span<byte>)parameters);
        // n_ctx, n_batch, n_ubatch: the first fields.
        batch = positions;
        fields[..3].Fill(positions);
        if (exact) MakeExact(fields);
        context = Native.llama_init_from_model(model, parameters);
        if (context == 0)
        {
            Native.llama_model_free(model);
            throw new InvalidOperationException($"llama.cpp makes no context for {path}: {LlamaLibrary.TakeComplaints()}");
        }
        Native.llama_set_n_threads(context, threads, threads);
        VocabularySize = Native.llama_vocab_n_tokens(Native.llama_model_get_vocab(model));
    }

    /// <summary>flash_attn_type off, type_k and type_v F32, where this version of the library has them.</summary>
    static void MakeExact(Span<int> fields)
    {
        const int FlashAttention = 13, KeyType = 26, ValueType = 27, Auto = -1, F16 = 1;
        if ((fields[FlashAttention], fields[KeyType], fields[ValueType]) != (Auto, F16, F16))
            throw new InvalidOperationException("This is not the version of llama.cpp whose parameters are known. " + LlamaLibrary.HowToInstall);
        fields[FlashAttention] = fields[KeyType] = fields[ValueType] = 0;
    }

    /// <summary>Tokens in the file's vocabulary.</summary>
    public int VocabularySize { get; }

    /// <summary>Encodes a text.</summary>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new int[bytes.Length + 8];
        fixed (byte* from = bytes)
        fixed (int* to = tokens)
        {
            var count = Native.llama_tokenize(Native.llama_model_get_vocab(model), from, bytes.Length, to, tokens.Length, addSpecial, parseSpecial);
            return count >= 0 ? tokens[..count] : throw new InvalidOperationException($"llama.cpp needs room for {-count} tokens");
        }
    }

    /// <summary>Logits after every token of a sequence, [T, V], the sequence taken in one pass.</summary>
    /// <param name="tokens">At most as many as the context is long.</param>
    /// <param name="vocabulary">V; the file may have no vocabulary to tell.</param>
    public float[] Logits(ReadOnlySpan<int> tokens, int vocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, batch);
        Native.llama_memory_clear(Native.llama_get_memory(context), true);
        var pass = Native.llama_batch_init(tokens.Length, 0, 1);
        try
        {
            pass.Count = tokens.Length;
            for (var i = 0; i < tokens.Length; i++)
            {
                (pass.Tokens[i], pass.Positions[i], pass.SequenceCounts[i]) = (tokens[i], i, 1);
                pass.Sequences[i][0] = 0;
                pass.WantsLogits[i] = 1;
            }
            if (Native.llama_decode(context, pass) is not 0 and var code)
                throw new InvalidOperationException($"llama_decode returned {code}: {LlamaLibrary.TakeComplaints()}");
            var logits = new float[tokens.Length * vocabulary];
            for (var i = 0; i < tokens.Length; i++)
                new ReadOnlySpan<float>(Native.llama_get_logits_ith(context, i), vocabulary).CopyTo(logits.AsSpan(i * vocabulary));
            return logits;
        }
        finally
        {
            Native.llama_batch_free(pass);
        }
    }

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => Native.llama_memory_clear(Native.llama_get_memory(context), true);

    /// <summary>Appends tokens to the sequence and computes the logits of the last.</summary>
    public void Decode(ReadOnlySpan<int> tokens)
    {
        fixed (int* first = tokens)
        {
            if (Native.llama_decode(context, Native.llama_batch_get_one(first, tokens.Length)) is not 0 and var code)
                throw new InvalidOperationException($"llama_decode returned {code}: {LlamaLibrary.TakeComplaints()}");
        }
        // Asking waits for the computation to end.
        Native.llama_get_logits_ith(context, -1);
    }

    /// <summary>Frees the model.</summary>
    public void Dispose()
    {
        Native.llama_free(context);
        Native.llama_model_free(model);
    }
}
