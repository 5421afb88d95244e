namespace Moesaic.Text.Corpora;

/// <summary>The two disjoint parts of a corpus.</summary>
public enum CorpusSplit
{
    /// <summary>What models are trained and calibrated on.</summary>
    Train,

    /// <summary>Whole namespaces that training never sees, freed of texts that occur in training: for measuring.</summary>
    HeldOut,
}
