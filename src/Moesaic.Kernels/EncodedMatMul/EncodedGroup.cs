namespace Moesaic.Kernels;

/// <summary>What the parts of a group share.</summary>
readonly unsafe struct EncodedGroup
{
    internal required EncodedProblem* Problems { get; init; }

    internal required EncodedGrid* Grids { get; init; }

    internal required QuantisedRows* Sets { get; init; }

    /// <summary>The set of each problem; −1: the activations stay float32.</summary>
    internal required int* SetOf { get; init; }

    internal required byte* Scratch { get; init; }

    internal PanelWork this[int part]
    {
        get
        {
            var i = 0;
            while (part >= Grids[i].EndPart) i++;
            Grids[i].Part(part, out var row, out var rows, out var panel, out var panels);
            ref readonly var problem = ref Problems[i];
            var layout = problem.Weights.Layout;
            nint stride = SetOf[i] < 0 ? problem.LdX * sizeof(float) : Activations.RowBytes(layout.Columns);
            var x = SetOf[i] < 0 ? (byte*)problem.X : Scratch + Sets[SetOf[i]].Offset;
            var column = panel * EncodedLayout.PanelRows;
            return new()
            {
                Layout = layout, Panel = problem.Weights.Address + panel * layout.PanelBytes, Panels = panels,
                X = x + row * stride, Stride = stride, Rows = rows,
                Y = problem.Y + (long)row * problem.LdY + column, LdY = problem.LdY, Columns = layout.Rows - column,
            };
        }
    }
}
