using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>From which side the distance of two distributions is measured.</summary>
public enum DivergenceKind
{
    /// <summary>KL(teacher ‖ student): the student covers all that the teacher holds possible.</summary>
    ForwardKl,

    /// <summary>KL(student ‖ teacher): the student keeps to what the teacher holds likely.</summary>
    ReverseKl,
}

/// <summary>How two predictions are compared.</summary>
/// <param name="Kind">From which side.</param>
/// <param name="Temperature">Logits of both are divided by it; positive.</param>
/// <param name="Top">
/// The teacher's so many likeliest tokens are compared one by one and all others together as one outcome; null compares every token.
/// At most <see cref="MostTop"/>.
/// </param>
public readonly record struct DivergenceOptions(DivergenceKind Kind, float Temperature, int? Top)
{
    /// <summary>The largest <see cref="Top"/>.</summary>
    public const int MostTop = 1024;
}

/// <summary>The distance of a student's next-token distribution from a teacher's (Hinton et al. 2015), as a loss.</summary>
public static class DivergenceOps
{
    // Logits and probabilities of student and teacher: 8 MiB each.
    const int LogitsOfBlock = 2 * 1024 * 1024;

    /// <summary>
    /// The divergence at every counted token, fused with both vocabulary projections: a block of tokens at a time, never [T, V].
    /// When recording, the gradient of Σ weights[t]·divergence[t] with respect to the student is computed here, as
    /// <see cref="LossOps.CrossEntropy"/> does; where the two agree to the bit it is exactly zero.
    /// </summary>
    /// <param name="workspace">The student's pass.</param>
    /// <param name="hidden">[T, D] of the student, after the last norm.</param>
    /// <param name="head">[V, D] of the student.</param>
    /// <param name="teacherHidden">[T, D'] of the teacher.</param>
    /// <param name="teacherHead">[V, D'] of the teacher.</param>
    /// <param name="targets">T token ids; at −1 nothing is compared.</param>
    /// <param name="weights">T factors; only read when recording.</param>
    /// <param name="options">How.</param>
    /// <returns>[1, T], nats at the temperature, not scaled by its square; 0 where nothing is compared.</returns>
    public static Tensor Divergence(this Workspace workspace, Tensor hidden, WeightMatrix head, Tensor teacherHidden, WeightMatrix teacherHead,
        ReadOnlySpan<int> targets, ReadOnlySpan<float> weights, DivergenceOptions options)
    {
        if (head.Rows != teacherHead.Rows || hidden.Rows != teacherHidden.Rows)
            throw new ArgumentException($"the student's [{hidden}] x [{head}] and the teacher's [{teacherHidden}] x [{teacherHead}] do not compare", nameof(teacherHead));
        var losses = workspace.RentZeroed(1, hidden.Rows);
        int[] tokens = [.. Enumerable.Range(0, hidden.Rows)];
        var counted = 0;
        for (var t = 0; t < targets.Length; t++)
            if (targets[t] >= 0) tokens[counted++] = t;
        if (counted == 0) return losses;

        var vocabulary = head.Rows;
        var rows = Math.Min(counted, Math.Clamp(LogitsOfBlock / vocabulary, 16, 256));
        var (x, y) = (workspace.Rent(rows, hidden.Columns), workspace.Rent(rows, teacherHidden.Columns));
        var block = new Block(workspace.Rent(rows, vocabulary), workspace.Rent(rows, vocabulary), workspace.Rent(rows, vocabulary), workspace.Rent(rows, vocabulary));
        var back = workspace.Rent(rows, hidden.Columns);
        var learns = workspace.Recording && (hidden.NeedsGradient || head.Learns);
        for (var first = 0; first < counted; first += rows)
        {
            var chosen = tokens.AsSpan(first, Math.Min(rows, counted - first));
            for (var r = 0; r < chosen.Length; r++)
            {
                hidden.Row(chosen[r]).CopyTo(x.Row(r));
                teacherHidden.Row(chosen[r]).CopyTo(y.Row(r));
            }
            Logits(workspace, x, head, block.Student, chosen.Length);
            Logits(workspace, y, teacherHead, block.Teacher, chosen.Length);
            Compare(block, chosen, weights, losses, learns, options);
            if (learns) AddGradients(workspace, block.StudentShares, x, back, chosen, hidden, head);
        }
        return losses;
    }

    readonly record struct Block(Tensor Student, Tensor Teacher, Tensor StudentShares, Tensor TeacherShares);

    static unsafe void Logits(Workspace workspace, Tensor rows, WeightMatrix head, Tensor logits, int count)
    {
        workspace.Products.Add(rows.Pointer, count, head, logits.Pointer);
        workspace.Products.Run();
    }

    static unsafe void Compare(Block block, Span<int> tokens, ReadOnlySpan<float> weights, Tensor losses, bool learns, DivergenceOptions options)
    {
        int vocabulary = block.Student.Columns, count = tokens.Length * vocabulary;
        foreach (var (logits, shares) in new[] { (block.Student, block.StudentShares), (block.Teacher, block.TeacherShares) })
        {
            if (options.Temperature != 1) Elementwise.Scale(logits.Span[..count], 1 / options.Temperature);
            Softmax.Rows(logits.Span[..count], vocabulary, shares.Span[..count]);
        }
        fixed (int* token = tokens)
        fixed (float* weight = weights)
        {
            var job = new RowJob
            {
                Student = block.Student.Pointer, Teacher = block.Teacher.Pointer, StudentShares = block.StudentShares.Pointer,
                TeacherShares = block.TeacherShares.Pointer, Losses = losses.Pointer, Weights = learns ? weight : null, Tokens = token,
                Vocabulary = vocabulary, Options = options,
            };
            WorkerTeam.Run(ref job, tokens.Length);
        }
    }

    static unsafe void AddGradients(Workspace workspace, Tensor dLogits, Tensor x, Tensor back, Span<int> tokens, Tensor hidden, WeightMatrix head)
    {
        if (workspace.AddedGradient(hidden) is { } dHidden)
        {
            if (head.Factor is EncodedTensor encoded) EncodedTransposed.Run(encoded.Matrix, dLogits.Pointer, tokens.Length, back.Pointer, accumulate: false);
            else MatMul.Run(MatMulForm.AB, new MatMulProblem
            {
                A = dLogits.Pointer, B = head.Factor.Dense.Pointer, C = back.Pointer, M = tokens.Length, N = hidden.Columns, K = head.Rows,
                LdA = head.Rows, LdB = head.Columns, LdC = hidden.Columns,
            });
            for (var r = 0; r < tokens.Length; r++) Elementwise.Add(dHidden.Row(tokens[r]), back.Row(r));
        }
        if (head.Master is { } master && workspace.AddedGradient(master) is { } dHead)
            MatMul.Run(MatMulForm.AtB, new MatMulProblem
            {
                A = dLogits.Pointer, B = x.Pointer, C = dHead.Pointer, M = head.Rows, N = head.Columns, K = tokens.Length,
                LdA = head.Rows, LdB = head.Columns, LdC = head.Columns, Accumulate = true,
            });
    }

    unsafe struct RowJob : IJob
    {
        public float* Student, Teacher, StudentShares, TeacherShares, Losses, Weights;
        public int* Tokens;
        public int Vocabulary;
        public DivergenceOptions Options;

        public readonly void Execute(int part)
        {
            var at = (nint)part * Vocabulary;
            var row = new DivergenceRow(new(Student + at, Vocabulary), new(Teacher + at, Vocabulary),
                new(StudentShares + at, Vocabulary), new(TeacherShares + at, Vocabulary));
            var scale = Weights == null ? 0 : Weights[Tokens[part]] / Options.Temperature;
            Losses[Tokens[part]] = Options.Top is { } top && top < Vocabulary ? row.OfTop(Options.Kind, top, scale) : row.OfAll(Options.Kind, scale);
        }
    }
}
