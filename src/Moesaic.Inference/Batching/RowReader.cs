namespace Moesaic.Inference;

/// <summary>Is shown one row of a pass at a time.</summary>
/// <param name="position">The token's place in its sequence.</param>
/// <param name="row">Its logits or hidden state; gone when the call ends.</param>
delegate void RowReader(int position, ReadOnlySpan<float> row);
