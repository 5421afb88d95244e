namespace Moesaic.Text.Tokenizers;

/// <summary>Lays a parsed pattern out as instructions.</summary>
sealed class PatternCompiler
{
    const int MostInstructions = 20_000;

    readonly List<Instruction> code = [];

    public static Instruction[] Compile(PatternNode node)
    {
        var compiler = new PatternCompiler();
        compiler.Emit(node);
        compiler.Emit(new Instruction(Operation.Done));
        return [.. compiler.code];
    }

    void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.One one: Emit(new Instruction(Operation.One, one.Set)); break;
            case PatternNode.Anchor anchor: Emit(new Instruction(anchor.Operation)); break;
            case PatternNode.Behind behind:
                Emit(new Instruction(behind.Negative ? Operation.NotBehind : Operation.Behind, behind.Set));
                break;
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts) Emit(part);
                break;
            case PatternNode.Either either: EmitEither(either); break;
            case PatternNode.Ahead ahead: EmitGroup(ahead.Negative ? Operation.NotAhead : Operation.Ahead, ahead.Body); break;
            case PatternNode.Atomic atomic: EmitGroup(Operation.Atomic, atomic.Body); break;
            case PatternNode.Repeat { Body: PatternNode.One single } repeat:
                var kind = repeat.Appetite switch
                {
                    Appetite.Lazy => Operation.Lazy,
                    Appetite.Possessive => Operation.Possessive,
                    _ => Operation.Greedy,
                };
                Emit(new Instruction(kind, single.Set, repeat.Min, repeat.Max));
                break;
            case PatternNode.Repeat { Appetite: Appetite.Possessive } repeat:
                EmitGroup(Operation.Atomic, repeat with { Appetite = Appetite.Greedy });
                break;
            case PatternNode.Repeat repeat: EmitRepeat(repeat); break;
            default: throw new InvalidOperationException($"no instructions for {node.GetType().Name}");
        }
    }

    void EmitEither(PatternNode.Either either)
    {
        var exits = new List<int>();
        for (var i = 0; i < either.Options.Count; i++)
        {
            if (i + 1 == either.Options.Count)
            {
                Emit(either.Options[i]);
                break;
            }
            var split = Emit(new Instruction(Operation.Split, Target: code.Count + 1));
            Emit(either.Options[i]);
            exits.Add(Emit(new Instruction(Operation.Jump)));
            code[split] = code[split] with { Other = code.Count };
        }
        foreach (var exit in exits) code[exit] = code[exit] with { Target = code.Count };
    }

    void EmitGroup(Operation operation, PatternNode body)
    {
        var head = Emit(new Instruction(operation));
        Emit(body);
        Emit(new Instruction(Operation.Done));
        code[head] = code[head] with { Target = code.Count };
    }

    void EmitRepeat(PatternNode.Repeat repeat)
    {
        for (var i = 0; i < repeat.Min; i++) Emit(repeat.Body);
        var splits = new List<int>();
        if (repeat.Max == PatternNode.Repeat.Unlimited)
        {
            splits.Add(Emit(new Instruction(Operation.Split)));
            Emit(repeat.Body);
            Emit(new Instruction(Operation.Jump, Target: splits[0]));
        }
        else
        {
            for (var i = repeat.Min; i < repeat.Max; i++)
            {
                splits.Add(Emit(new Instruction(Operation.Split)));
                Emit(repeat.Body);
            }
        }
        foreach (var split in splits)
            code[split] = repeat.Appetite == Appetite.Lazy
                ? code[split] with { Target = code.Count, Other = split + 1 }
                : code[split] with { Target = split + 1, Other = code.Count };
    }

    int Emit(Instruction instruction)
    {
        if (code.Count == MostInstructions)
            throw new FormatException(
                $"the regular expression is too large: its repetitions write out to more than {MostInstructions} steps");
        code.Add(instruction);
        return code.Count - 1;
    }
}
