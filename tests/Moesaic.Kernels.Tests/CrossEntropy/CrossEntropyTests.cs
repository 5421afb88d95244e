namespace Moesaic.Kernels.Tests;

public class CrossEntropyTests
{
    const double Tolerance = 2e-6;

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_vocabulary_agrees_with_the_reference(KernelLevel level)
    {
        for (int vocabulary = 1; vocabulary <= 65; vocabulary++) Check(level, tokens: 5, width: 7, vocabulary);
        Check(level, tokens: 0, width: 7, vocabulary: 3);
        Check(level, tokens: 1100, width: 12, vocabulary: 70);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Ignored_tokens_cost_nothing_and_send_nothing(KernelLevel level)
    {
        Forward(40, 9, 30, ignoreEvery: 1).Check(level, Tolerance);
        Backward(40, 9, 30, ignoreEvery: 1).Check(level, Tolerance);
        Forward(40, 9, 30, ignoreEvery: 0).Check(level, Tolerance);
        Backward(40, 9, 30, ignoreEvery: 0).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Either_gradient_may_be_left_out(KernelLevel level)
    {
        Backward(9, 8, 20, 3, wantHidden: false).Check(level, Tolerance);
        Backward(9, 8, 20, 3, wantHead: false).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Logits_of_ten_thousand_are_stable(KernelLevel level)
    {
        Forward(9, 4, 50, 3, magnitude: 100).Check(level, Tolerance);
        Backward(9, 4, 50, 3, magnitude: 100).Check(level, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        Forward(700, 16, 100, 3).CheckThreads(level);
        Backward(700, 16, 100, 3).CheckThreads(level);
        if (level == KernelLevel.Reference) return;
        Forward(700, 16, 100, 3).CheckAllocation(level);
        Backward(700, 16, 100, 3).CheckAllocation(level);
    }

    [Fact]
    public void Forward_and_backward_report_the_same_losses()
    {
        float[] alone = Forward(50, 16, 90, 3).Run(atEnd: true)[2], together = Backward(50, 16, 90, 3).Run(atEnd: true)[3];
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(4)]
    public void A_target_outside_the_vocabulary_is_refused(int target)
    {
        var error = Assert.Throws<ArgumentException>(
            () => CrossEntropy.Forward(new float[2], new float[8], [target], new float[1]));
        Assert.Contains("vocabulary of 4", error.Message, StringComparison.Ordinal);
    }

    static void Check(KernelLevel level, int tokens, int width, int vocabulary)
    {
        Forward(tokens, width, vocabulary, 3).Check(level, Tolerance);
        Backward(tokens, width, vocabulary, 3).Check(level, Tolerance);
        Backward(tokens, width, vocabulary, 3, squareWeight: 0.25f).Check(level, Tolerance);
    }

    static int[] Targets(int tokens, int vocabulary, int ignoreEvery) =>
        [.. Enumerable.Range(0, tokens).Select(t => ignoreEvery > 0 && t % ignoreEvery == 0 ? -1 : t * 7 % vocabulary)];

    static KernelCase Forward(int tokens, int width, int vocabulary, int ignoreEvery, float magnitude = 1)
    {
        int[] targets = Targets(tokens, vocabulary, ignoreEvery);
        return new(
            $"CrossEntropy.Forward[{tokens}, {width}, {vocabulary}]",
            [
                KernelCase.Numbers(tokens * width, 1, magnitude), KernelCase.Numbers(vocabulary * width, 2, magnitude),
                KernelCase.Numbers(tokens, 3),
            ],
            b => CrossEntropy.Forward(b[0].Span, b[1].Span, targets, b[2].Span),
            b => CrossEntropyReference.Forward<double>(b[0], b[1], targets, b[2]));
    }

    static KernelCase Backward(
        int tokens, int width, int vocabulary, int ignoreEvery, float magnitude = 1, bool wantHidden = true,
        bool wantHead = true, float squareWeight = 0)
    {
        int[] targets = Targets(tokens, vocabulary, ignoreEvery);
        KernelCase forward = Forward(tokens, width, vocabulary, ignoreEvery, magnitude);
        return new(
            $"CrossEntropy.ForwardBackward[{tokens}, {width}, {vocabulary}]",
            [
                forward.Buffers[0], forward.Buffers[1], KernelCase.Numbers(tokens, 4), KernelCase.Numbers(tokens, 5),
                KernelCase.Numbers(wantHidden ? tokens * width : 0, 6), KernelCase.Numbers(wantHead ? vocabulary * width : 0, 7),
                KernelCase.Numbers(squareWeight == 0 ? 0 : tokens, 8),
            ],
            b => CrossEntropy.ForwardBackward(
                b[0].Span, b[1].Span, targets, b[2].Span, b[3].Span, b[4].Span, b[5].Span, squareWeight, b[6].Span),
            b => CrossEntropyReference.ForwardBackward<double>(b[0], b[1], targets, b[2], b[3], b[4], b[5], squareWeight, b[6]));
    }
}
