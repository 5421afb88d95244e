using System.Numerics;
using System.Runtime.InteropServices;
using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// Where a pass through a model happens: it lends the buffers and, when recording, is the tape. Operations are extension
/// methods (folder Ops): each computes its result at once and, when recording, notes how a gradient goes back.
/// </summary>
/// <remarks>
/// Buffers are lent in the order of the calls and used again in the next pass, so a steady state allocates no memory but
/// the tape's own closures, and a pass without recording allocates none at all. One pass at a time; not thread-safe.
/// Gradients are sums: every backward step adds to its inputs' gradients.
/// </remarks>
public sealed class Workspace : IDisposable
{
    readonly List<Tensor> lent = [];
    readonly List<Tensor> kept = [];                                // what Recompute keeps: never among buffers of other sizes
    readonly List<int[]> lentIndices = [];
    readonly List<AttentionSegment[]> lentSegments = [];
    readonly List<Node> tape = [];
    readonly Dictionary<int, Stack<Tensor>> freeGradients = [];     // by capacity
    int tensors, keeps, indices, segments;
    bool disposed;

    /// <summary>Collects products that run together.</summary>
    internal ProductBatch Products { get; } = new();

    /// <summary>Whether operations are noted for <see cref="Backward"/>.</summary>
    public bool Recording { get; private set; }

    /// <summary>
    /// Bytes of all buffers and of the gradients that wait to be used again. Buffers only grow: between passes this is the most
    /// that any pass needed.
    /// </summary>
    public long Bytes => lent.Concat(kept).Concat(freeGradients.Values.SelectMany(s => s)).Sum(t => (long)t.Capacity * sizeof(float));

    /// <summary>Starts a pass. All temporaries of the pass before are taken back.</summary>
    /// <param name="recording">Whether <see cref="Backward"/> will follow.</param>
    public void Begin(bool recording)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        Reset();
        Recording = recording;
    }

    /// <summary>Ends a pass: the tape is emptied, all temporaries are taken back.</summary>
    public void Reset()
    {
        for (var i = 0; i < tensors; i++) Release(lent[i]);
        for (var i = 0; i < keeps; i++) Release(kept[i]);
        tensors = keeps = indices = segments = 0;
        tape.Clear();
        Recording = false;
    }

    /// <summary>Lends a matrix until the pass ends or its <see cref="Scope"/> closes. Its contents are undefined.</summary>
    public Tensor Rent(int rows, int columns) => Lend(lent, ref tensors, rows, columns);

    static Tensor Lend(List<Tensor> from, ref int count, int rows, int columns)
    {
        if (count == from.Count) from.Add(new Tensor(rows, columns) { IsTemporary = true });
        var tensor = from[count++];
        tensor.Reshape(rows, columns);
        tensor.NeedsGradient = false;
        return tensor;
    }

    /// <summary>Lends a matrix of zeros.</summary>
    public Tensor RentZeroed(int rows, int columns)
    {
        var tensor = Rent(rows, columns);
        tensor.Span.Clear();
        return tensor;
    }

    /// <summary>Lends an array of at least <paramref name="count"/> integers with undefined contents, as <see cref="Rent"/> does.</summary>
    public int[] RentIndices(int count)
    {
        if (indices == lentIndices.Count) lentIndices.Add(new int[count]);
        if (lentIndices[indices].Length < count) lentIndices[indices] = new int[(int)Math.Min(int.MaxValue, count * 5L / 4)];
        return lentIndices[indices++];
    }

    /// <summary>Lends an array of at least <paramref name="count"/> segments with undefined contents, as <see cref="Rent"/> does.</summary>
    public AttentionSegment[] RentSegments(int count)
    {
        if (segments == lentSegments.Count) lentSegments.Add(new AttentionSegment[count]);
        if (lentSegments[segments].Length < count) lentSegments[segments] = new AttentionSegment[(int)Math.Min(int.MaxValue, count * 5L / 4)];
        return lentSegments[segments++];
    }

    /// <summary>
    /// Opens a scope: what is rented inside is taken back when it closes. When recording, nothing is taken back before the
    /// pass ends, because the backward pass still needs it.
    /// </summary>
    public Scope OpenScope() => new(this);

    /// <summary>
    /// Notes that <paramref name="backward"/> carries <paramref name="output"/>'s gradient to the inputs. Call it only
    /// when <see cref="Recording"/> and at least one input needs a gradient.
    /// </summary>
    /// <param name="output">Its <see cref="Tensor.Gradient"/> is complete and not null when <paramref name="backward"/> runs.</param>
    /// <param name="backward">Adds to the inputs' gradients (<see cref="AddedGradient"/>, <see cref="WrittenGradient"/>).</param>
    /// <param name="inPlace">The operation changed its input: the gradient stays with <paramref name="output"/>.</param>
    public void Record(Tensor output, Action backward, bool inPlace = false)
    {
        output.NeedsGradient = true;
        tape.Add(new Node(output, backward, inPlace));
    }

    /// <summary>Runs the tape backwards. Losses were noted with their own gradient, so there is nothing to seed.</summary>
    public void Backward()
    {
        if (!Recording) throw new InvalidOperationException("Backward needs a pass begun with recording: true");
        RunTape(0);
    }

    /// <summary>
    /// Part of a pass of which a recording keeps only what comes in (Chen et al. 2016): it runs without recording, and once more,
    /// recorded, when its gradient is due. That costs another forward pass and gives the same bits.
    /// </summary>
    /// <param name="x">What comes in.</param>
    /// <param name="run">
    /// The part; it may write over what comes in when not recording. Told whether it runs again: what it counts it must count once,
    /// and what it draws it must draw alike.
    /// </param>
    /// <returns>What comes out, of the same shape.</returns>
    public Tensor Recompute(Tensor x, Func<Tensor, bool, Tensor> run)
    {
        if (!Recording) return run(x, false);
        var y = Lend(kept, ref keeps, x.Rows, x.Columns);
        x.Span.CopyTo(y.Span);
        Recording = false;
        using (OpenScope())
        {
            var result = run(y, false);
            if (!ReferenceEquals(result, y)) result.Span.CopyTo(y.Span);
        }
        Recording = true;
        Record(y, () => RunAgain(x, y, run));
        return y;
    }

    void RunAgain(Tensor x, Tensor y, Func<Tensor, bool, Tensor> run)
    {
        var (start, from) = (tape.Count, (tensors, indices, segments));
        var again = run(x, true);
        (again.Gradient, y.Gradient) = (y.Gradient, null);
        RunTape(start);
        tape.RemoveRange(start, tape.Count - start);
        for (var i = from.tensors; i < tensors; i++) Release(lent[i]);
        (tensors, indices, segments) = from;
    }

    void RunTape(int start)
    {
        for (var i = tape.Count - 1; i >= start; i--)
        {
            var node = CollectionsMarshal.AsSpan(tape)[i];
            if (node.Output.Gradient is null) continue;     // the loss does not depend on it
            node.Backward();
            if (!node.InPlace) Release(node.Output);
        }
    }

    /// <summary>The gradient of <paramref name="tensor"/> to add to (zeros when none arrived yet), or null when it needs none.</summary>
    public Tensor? AddedGradient(Tensor tensor)
    {
        var gradient = WrittenGradient(tensor, out var fresh);
        if (fresh) gradient!.Span.Clear();
        return gradient;
    }

    /// <summary>The gradient of <paramref name="tensor"/>, or null when it needs none.</summary>
    /// <param name="tensor">An input of the operation.</param>
    /// <param name="fresh">True when its contents are undefined: then every element must be written instead of added to.</param>
    public Tensor? WrittenGradient(Tensor tensor, out bool fresh)
    {
        fresh = false;
        if (!tensor.NeedsGradient) return null;
        if (tensor.Gradient is { } present) return present;
        fresh = true;
        return tensor.Gradient = tensor.IsTemporary ? TakeGradient(tensor) : new Tensor(tensor.Rows, tensor.Columns);
    }

    /// <summary>Hands <paramref name="from"/>'s gradient to <paramref name="to"/> without copying, where possible.</summary>
    /// <returns>False when <paramref name="to"/> already has a gradient or is no temporary of the same shape.</returns>
    internal static bool TryHandOver(Tensor from, Tensor to)
    {
        if (!to.IsTemporary || to.Gradient is not null || to.Count != from.Count) return false;
        (to.Gradient, from.Gradient) = (from.Gradient, null);
        return true;
    }

    /// <summary>Frees all buffers.</summary>
    public void Dispose()
    {
        Reset();
        foreach (var tensor in lent.Concat(kept)) tensor.Dispose();
        foreach (var stack in freeGradients.Values)
            foreach (var tensor in stack) tensor.Dispose();
        lent.Clear();
        kept.Clear();
        freeGradients.Clear();
        disposed = true;
    }

    /// <summary>Gradients of temporaries that wait to be used again.</summary>
    internal int PooledGradients => freeGradients.Values.Sum(s => s.Count);

    Tensor TakeGradient(Tensor like)
    {
        var capacity = SizeClass(like.Count);
        if (!freeGradients.TryGetValue(capacity, out var stack) || !stack.TryPop(out var gradient))
            gradient = new Tensor(1, capacity);
        gradient.Reshape(like.Rows, like.Columns);
        return gradient;
    }

    void Release(Tensor temporary)
    {
        if (temporary.Gradient is not { } gradient) return;
        if (!freeGradients.TryGetValue(gradient.Capacity, out var stack)) freeGradients[gradient.Capacity] = stack = new();
        stack.Push(gradient);
        temporary.Gradient = null;
    }

    // Ragged rows have another size in every pass: eight sizes per power of two keep the pool small and waste at most an eighth.
    static int SizeClass(int count)
    {
        var grain = 1 << Math.Max(0, BitOperations.Log2((uint)count) - 3);
        return (int)Math.Min(int.MaxValue, ((long)count + grain - 1) / grain * grain);
    }

    readonly record struct Node(Tensor Output, Action Backward, bool InPlace);

    /// <summary>Takes back, when disposed, what was rented since it was opened.</summary>
    public readonly ref struct Scope
    {
        readonly Workspace workspace;
        readonly int tensors, indices, segments;

        internal Scope(Workspace workspace)
        {
            this.workspace = workspace;
            (tensors, indices, segments) = (workspace.tensors, workspace.indices, workspace.segments);
        }

        /// <summary>Closes the scope.</summary>
        public void Dispose()
        {
            if (workspace.Recording) return;
            (workspace.tensors, workspace.indices, workspace.segments) = (tensors, indices, segments);
        }
    }
}
