using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Moesaic.LlamaCpp;

/// <summary>
/// Functions of llama.h and ggml-backend.h. Parameter structures are passed by value as a block larger than the real ones:
/// each is the last argument, so that what follows it on the stack is not read.
/// </summary>
static unsafe class Native
{
    [InlineArray(512)]
    internal struct Parameters
    {
        byte first;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Batch
    {
        public int Count;
        public int* Tokens;
        public float* Embeddings;
        public int* Positions;
        public int* SequenceCounts;
        public int** Sequences;
        public sbyte* WantsLogits;
    }

    [DllImport("ggml")]
    internal static extern void ggml_backend_load_all_from_path([MarshalAs(UnmanagedType.LPUTF8Str)] string folder);

    [DllImport("ggml")]
    internal static extern nint ggml_backend_load([MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    [DllImport("llama")]
    internal static extern void llama_backend_init();

    [DllImport("llama")]
    internal static extern void llama_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> callback, nint user);

    [DllImport("llama")]
    internal static extern Parameters llama_model_default_params();

    [DllImport("llama")]
    internal static extern Parameters llama_context_default_params();

    [DllImport("llama")]
    internal static extern nint llama_model_load_from_file([MarshalAs(UnmanagedType.LPUTF8Str)] string path, Parameters parameters);

    [DllImport("llama")]
    internal static extern nint llama_init_from_model(nint model, Parameters parameters);

    [DllImport("llama")]
    internal static extern void llama_model_free(nint model);

    [DllImport("llama")]
    internal static extern void llama_free(nint context);

    [DllImport("llama")]
    internal static extern nint llama_model_get_vocab(nint model);

    [DllImport("llama")]
    internal static extern int llama_vocab_n_tokens(nint vocabulary);

    [DllImport("llama")]
    internal static extern int llama_tokenize(
        nint vocabulary, byte* text, int length, int* tokens, int most, [MarshalAs(UnmanagedType.U1)] bool addSpecial, [MarshalAs(UnmanagedType.U1)] bool parseSpecial);

    [DllImport("llama")]
    internal static extern void llama_set_n_threads(nint context, int one, int many);

    [DllImport("llama")]
    internal static extern Batch llama_batch_init(int tokens, int embeddings, int sequences);

    [DllImport("llama")]
    internal static extern void llama_batch_free(Batch batch);

    [DllImport("llama")]
    internal static extern int llama_decode(nint context, Batch batch);

    [DllImport("llama")]
    internal static extern float* llama_get_logits_ith(nint context, int index);

    [DllImport("llama")]
    internal static extern nint llama_print_system_info();

    [DllImport("llama")]
    internal static extern Batch llama_batch_get_one(int* tokens, int count);

    [DllImport("llama")]
    internal static extern nint llama_get_memory(nint context);

    [DllImport("llama")]
    internal static extern void llama_memory_clear(nint memory, [MarshalAs(UnmanagedType.U1)] bool data);
}
