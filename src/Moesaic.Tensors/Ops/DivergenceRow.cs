using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Tensors;

/// <summary>
/// The divergence of one prediction and its gradient by the student's logits. Logits are at the temperature already and are used
/// up; the student's shares (softmax of its logits) become the gradient.
/// </summary>
readonly ref struct DivergenceRow(Span<float> student, Span<float> teacher, Span<float> studentShares, Span<float> teacherShares)
{
    readonly Span<float> student = student, teacher = teacher, studentShares = studentShares, teacherShares = teacherShares;

    // log Σ exp(student) − log Σ exp(teacher), each recovered from its largest share, which is at least 1/V.
    float Shift()
    {
        var (s, t) = (TensorPrimitives.IndexOfMax<float>(student), TensorPrimitives.IndexOfMax<float>(teacher));
        return student[s] - MathF.Log(studentShares[s]) - (teacher[t] - MathF.Log(teacherShares[t]));
    }

    /// <summary>
    /// Every token compared. Forward: Σ t·log(t/s), gradient s − t. Reverse: Σ s·log(s/t), gradient s·(log(s/t) − divergence).
    /// </summary>
    public float OfAll(DivergenceKind kind, float scale)
    {
        var shift = Shift();
        TensorPrimitives.Subtract(teacher, student, teacher);
        if (kind == DivergenceKind.ForwardKl)
        {
            var forward = TensorPrimitives.Dot<float>(teacherShares, teacher) + shift;
            TensorPrimitives.Subtract(studentShares, teacherShares, studentShares);
            TensorPrimitives.Multiply(studentShares, scale, studentShares);
            return forward;
        }
        var reverse = -TensorPrimitives.Dot<float>(studentShares, teacher) - shift;
        TensorPrimitives.Add(teacher, shift + reverse, teacher);
        TensorPrimitives.Multiply(studentShares, teacher, studentShares);
        TensorPrimitives.Multiply(studentShares, -scale, studentShares);
        return reverse;
    }

    /// <summary>
    /// The teacher's likeliest tokens compared one by one, the rest as one outcome R. Forward: gradient s − t, in the rest
    /// s·(1 − t_R/s_R). Reverse: gradient s·(log(s/t) − divergence), in the rest with log(s_R/t_R).
    /// </summary>
    public float OfTop(DivergenceKind kind, int top, float scale)
    {
        Span<int> chosen = stackalloc int[top];
        Span<float> s = stackalloc float[top], t = stackalloc float[top], ratio = stackalloc float[top];
        Likeliest(teacher, chosen);
        var shift = Shift();
        for (var i = 0; i < top; i++)
        {
            var token = chosen[i];
            (s[i], t[i], ratio[i]) = (studentShares[token], teacherShares[token], teacher[token] - student[token] + shift);
            studentShares[token] = teacherShares[token] = 0;
        }
        // Summed, not 1 − Σ, which would cancel; the floor keeps the logarithm finite where all is in the top.
        const float Floor = 1e-30f;
        float sRest = Math.Max(Floor, TensorPrimitives.Sum<float>(studentShares)), tRest = Math.Max(Floor, TensorPrimitives.Sum<float>(teacherShares));
        var restRatio = MathF.Log(tRest / sRest);
        if (kind == DivergenceKind.ForwardKl)
        {
            var forward = TensorPrimitives.Dot<float>(t, ratio) + (tRest * restRatio);
            TensorPrimitives.Multiply(studentShares, (1 - (tRest / sRest)) * scale, studentShares);
            for (var i = 0; i < top; i++) studentShares[chosen[i]] = (s[i] - t[i]) * scale;
            return forward;
        }
        var reverse = -TensorPrimitives.Dot<float>(s, ratio) - (sRest * restRatio);
        TensorPrimitives.Multiply(studentShares, (-restRatio - reverse) * scale, studentShares);
        for (var i = 0; i < top; i++) studentShares[chosen[i]] = s[i] * (-ratio[i] - reverse) * scale;
        return reverse;
    }

    /// <summary>The indices of the largest values, of equal ones the first: a heap whose root is the least of those kept.</summary>
    static void Likeliest(ReadOnlySpan<float> values, Span<int> kept)
    {
        for (var i = 0; i < kept.Length; i++) kept[i] = i;
        for (var i = (kept.Length / 2) - 1; i >= 0; i--) Sink(values, kept, i);
        for (var v = kept.Length; v < values.Length; v++)
        {
            if (values[v] <= values[kept[0]]) continue;
            kept[0] = v;
            Sink(values, kept, 0);
        }
    }

    static void Sink(ReadOnlySpan<float> values, Span<int> heap, int at)
    {
        while (true)
        {
            int least = at, left = (2 * at) + 1;
            for (var child = left; child < Math.Min(left + 2, heap.Length); child++)
                if (Less(values, heap[child], heap[least])) least = child;
            if (least == at) return;
            (heap[at], heap[least]) = (heap[least], heap[at]);
            at = least;
        }
    }

    // Of equal values the later token goes first.
    static bool Less(ReadOnlySpan<float> values, int one, int other) =>
        values[one] < values[other] || (values[one] == values[other] && one > other);
}
