namespace Moesaic.Models.Architectures;

/// <summary>Outside implementations that a layout's models were compared with, by golden files of the parity tests.</summary>
[Flags]
public enum Oracles
{
    /// <summary>None: loading a model warns.</summary>
    None = 0,

    /// <summary>PyTorch, from the published definition: logits, losses and the gradient of every weight.</summary>
    PyTorch = 1,

    /// <summary>llama.cpp: logits, of a folder and of a GGUF file with the same weights.</summary>
    LlamaCpp = 2,

    /// <summary>Our own layout, whose layers are those that the others compare.</summary>
    Own = 4,
}
