using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests;

public class WorkspaceTests
{
    // A bit of everything: projection, norm, experts of different widths, attention, residual stream, loss.
    sealed class Network
    {
        readonly Tensor table = Numbers.Parameter(11, 8, 1), norm = Numbers.Parameter(1, 8, 2), q = Numbers.Parameter(8, 8, 3),
            k = Numbers.Parameter(4, 8, 4), v = Numbers.Parameter(4, 8, 5);
        readonly Tensor[] ups = [Numbers.Parameter(3, 8, 6), Numbers.Parameter(5, 8, 7)],
            downs = [Numbers.Parameter(8, 3, 8), Numbers.Parameter(8, 5, 9)];
        readonly Tensor cos = new(64, 2, [.. Enumerable.Repeat(0.6f, 128)]), sin = new(64, 2, [.. Enumerable.Repeat(0.8f, 128)]);
        readonly float[] weights = [.. Enumerable.Repeat(0.1f, 64)];

        public IEnumerable<Tensor> Parameters => [table, norm, q, k, v, .. ups, .. downs];

        /// <summary>Half of the tokens go to each expert, or as many as said.</summary>
        public double Run(Workspace workspace, Input input)
        {
            var x = workspace.Embed(table, input.Tokens);
            using (workspace.OpenScope())
            {
                var n = workspace.RmsNorm(x, norm, 1e-5f);
                Tensor queries = workspace.Linear(n, q), keys = workspace.Linear(n, k);
                workspace.RotateInPlace(queries, 4, input.Positions, cos, sin);
                workspace.RotateInPlace(keys, 4, input.Positions, cos, sin);
                x = workspace.Residual(x, workspace.Attention(new AttentionShape(2, 1, 4, 0.5f), input.Segments, queries, keys, workspace.Linear(n, v)));
            }
            using (workspace.OpenScope())
            {
                var rows = workspace.GatherRows(x, input.Positions);
                var inner = workspace.GroupedLinear(rows, input.Offsets, ups);
                var y = workspace.CombineRows(workspace.GroupedLinear(workspace.SwiGlu(inner, inner), input.Offsets, downs), input.Positions, input.Combine);
                x = workspace.Residual(x, y);
            }
            var losses = workspace.CrossEntropy(x, table, input.Tokens, weights.AsSpan(0, input.Tokens.Length));
            double sum = 0;
            foreach (var loss in losses.Span) sum += 0.1 * loss;
            return sum;
        }
    }

    sealed class Input
    {
        public Input(int count, int first, int seed = 1)
        {
            var random = new Random(seed);
            Tokens = [.. Enumerable.Range(0, count).Select(_ => random.Next(11))];
            Positions = [.. Enumerable.Range(0, count)];
            Segments = [new AttentionSegment(0, count, 0, count)];
            Offsets = [0, first, count];
            Combine = Numbers.Matrix(count, 1, seed + 1);
        }

        public int[] Tokens { get; }
        public int[] Positions { get; }
        public AttentionSegment[] Segments { get; }
        public int[] Offsets { get; }
        public Tensor Combine { get; }
    }

    static double Train(Workspace workspace, Network network, Input input)
    {
        workspace.Begin(recording: true);
        var loss = network.Run(workspace, input);
        workspace.Backward();
        workspace.Reset();
        return loss;
    }

    static float[] Gradients(Network network) => [.. network.Parameters.SelectMany(p => p.Gradient!.Span.ToArray())];

    [Fact]
    public void The_gradients_of_a_whole_network()
    {
        var (network, input) = (new Network(), new Input(6, 2));
        GradientCheck.Check([.. network.Parameters], (workspace, _) => network.Run(workspace, input));
    }

    [Fact]
    public void Used_buffers_give_the_bits_of_new_ones()
    {
        var (one, two) = (new Network(), new Network());
        using (var workspace = new Workspace()) Train(workspace, one, new Input(9, 4));
        using (var workspace = new Workspace())
        {
            Train(workspace, two, new Input(20, 3, seed: 5));
            workspace.Begin(recording: false);
            two.Run(workspace, new Input(17, 9, seed: 6));
            foreach (var parameter in two.Parameters) parameter.Gradient!.Span.Clear();
            Train(workspace, two, new Input(9, 4));
        }
        Assert.Equal(Gradients(one), Gradients(two));
    }

    [Fact]
    public void Gradients_of_two_passes_add_up()
    {
        Network once = new(), twice = new();
        using var workspace = new Workspace();
        Train(workspace, once, new Input(9, 4));
        Train(workspace, twice, new Input(9, 4));
        Train(workspace, twice, new Input(9, 4));
        var (single, sum) = (Gradients(once), Gradients(twice));
        for (var i = 0; i < single.Length; i++) Assert.Equal(2 * single[i], sum[i], 1e-5f * (1 + Math.Abs(single[i])));
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        var before = WorkerTeam.Threads;
        var results = new List<float[]>();
        foreach (var threads in new[] { 1, 2, 3 })
        {
            WorkerTeam.Threads = threads;
            var network = new Network();
            using var workspace = new Workspace();
            var loss = Train(workspace, network, new Input(50, 21));
            results.Add([(float)loss, .. Gradients(network)]);
        }
        WorkerTeam.Threads = before;
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Fact]
    public void A_pass_without_recording_allocates_nothing()
    {
        var (network, input) = (new Network(), new Input(9, 4));
        using var workspace = new Workspace();
        var bytes = Allocated(() =>
        {
            workspace.Begin(recording: false);
            network.Run(workspace, input);
        });
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void A_recorded_pass_allocates_its_tape_alone()
    {
        var network = new Network();
        using var workspace = new Workspace();
        Input small = new(5, 2), large = new(60, 31);
        var tape = Allocated(() => Train(workspace, network, small));
        Assert.Equal(tape, Allocated(() => Train(workspace, network, large)));      // whatever the sizes
        Assert.InRange(tape, 1, 16 * 200);      // about a closure and a delegate per operation
    }

    [Fact]
    public void Changing_shapes_do_not_pile_up_memory()
    {
        var network = new Network();
        using var workspace = new Workspace();
        for (var first = 0; first <= 60; first++) Train(workspace, network, new Input(60, first));
        // The sizes of ragged rows changed with every pass; a pass needs some 20 gradients of at most 60 rows.
        Assert.InRange(workspace.PooledGradients, 1, 40);
    }

    [Fact]
    public void A_scope_gives_back_what_was_lent_inside()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var kept = workspace.Rent(2, 2);
        Tensor inside;
        using (workspace.OpenScope()) inside = workspace.Rent(3, 3);
        Assert.Same(inside, workspace.Rent(1, 1));
        Assert.NotSame(kept, inside);
    }

    [Fact]
    public void While_recording_a_scope_gives_nothing_back()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        Tensor inside;
        using (workspace.OpenScope()) inside = workspace.Rent(3, 3);
        Assert.NotSame(inside, workspace.Rent(3, 3));
    }

    [Fact]
    public void What_the_loss_does_not_depend_on_gets_no_gradient()
    {
        Tensor x = Numbers.Parameter(2, 3, 1), unused = Numbers.Parameter(4, 3, 2), head = Numbers.Parameter(5, 3, 3);
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        workspace.Linear(x, unused);
        workspace.CrossEntropy(x, head, [1, 2], [1, 1]);
        workspace.Backward();
        Assert.Null(unused.Gradient);
        Assert.NotNull(head.Gradient);
    }

    [Fact]
    public void Backward_without_recording_is_a_mistake()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        Assert.Throws<InvalidOperationException>(workspace.Backward);
    }

    [Fact]
    public void What_a_workspace_lent_is_gone_with_it()
    {
        var workspace = new Workspace();
        workspace.Begin(recording: false);
        var lent = workspace.Rent(2, 2);
        workspace.Dispose();
        Assert.Throws<ObjectDisposedException>(() => lent.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => workspace.Begin(recording: false));
        workspace.Dispose();
    }

    /// <summary>Managed bytes of one run in the steady state: the least of several, as the runtime allocates now and then itself.</summary>
    static long Allocated(Action run)
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference kernels allocate; unset MOESAIC_KERNELS");
        for (var i = 0; i < 3; i++) run();
        var least = long.MaxValue;
        for (var i = 0; i < 12; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
