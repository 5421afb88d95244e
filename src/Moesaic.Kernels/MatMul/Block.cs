namespace Moesaic.Kernels;

/// <summary>A rectangle of a result.</summary>
readonly record struct Block(int Row, int Rows, int Column, int Columns);
