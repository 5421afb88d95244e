using System.Numerics;
using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>Numbers: bounds and multiples.</summary>
static class NumberRules
{
    /// <param name="atoms">Schemas that all hold.</param>
    /// <param name="isInteger">Whether only integers are wanted.</param>
    /// <param name="budget">What it may cost.</param>
    public static Rule Build(IReadOnlyList<SchemaNode> atoms, bool isInteger, WorkBudget budget)
    {
        var wants = Read(atoms, isInteger);
        if (wants.IsPlain) return isInteger ? JsonRules.Integer : JsonRules.Number;
        try
        {
            var automaton = NumberMachine.Build(wants, budget);
            return automaton.IsEmpty ? Rule.Nothing : new Rule.Leaf(Spelling.Plain(automaton, budget));
        }
        catch (BadRequestException e)
        {
            throw atoms.First(a => SchemaTypes.Any([a], SchemaKeywords.OfNumbers)).Fault(e.Message.TrimEnd('.'));
        }
    }

    public static bool Fits(JsonElement number, IReadOnlyList<SchemaNode> atoms)
    {
        if (DecimalText.Read(number) is not { } value) return false;
        var wants = Read(atoms, isInteger: false);
        return wants.Minima.TrueForAll(b => Order(value, b.Value) is var order && (b.Exclusive ? order > 0 : order >= 0))
            && wants.Maxima.TrueForAll(b => Order(value, b.Value) is var order && (b.Exclusive ? order < 0 : order <= 0))
            && wants.Multiples.TrueForAll(m => Scaled(value, m) % Scaled(m, value) == BigInteger.Zero);
    }

    static int Order(DecimalText a, DecimalText b) => Scaled(a, b).CompareTo(Scaled(b, a));

    static BigInteger Scaled(DecimalText a, DecimalText b) => a.Scaled(Math.Max(a.Fraction.Length, b.Fraction.Length));

    static NumberWants Read(IReadOnlyList<SchemaNode> atoms, bool isInteger)
    {
        var wants = new NumberWants { IsInteger = isInteger };
        foreach (var atom in atoms)
        {
            // Draft 4 wrote exclusiveMinimum: true beside minimum.
            if (Bound(atom, "minimum") is { } least) wants.Minima.Add((least, IsTrue(atom, "exclusiveMinimum")));
            if (Bound(atom, "maximum") is { } most) wants.Maxima.Add((most, IsTrue(atom, "exclusiveMaximum")));
            if (Bound(atom, "exclusiveMinimum") is { } above) wants.Minima.Add((above, true));
            if (Bound(atom, "exclusiveMaximum") is { } below) wants.Maxima.Add((below, true));
            if (Bound(atom, "multipleOf") is not { } multiple) continue;
            if (multiple.IsNegative || multiple.IsZero) throw atom.Fault("has a multipleOf that is not above 0");
            wants.Multiples.Add(multiple);
        }
        return wants;
    }

    static bool IsTrue(SchemaNode atom, string keyword) => atom.TryGet(keyword, out var value) && value.Element.ValueKind == JsonValueKind.True;

    static DecimalText? Bound(SchemaNode atom, string keyword)
    {
        if (!atom.TryGet(keyword, out var value)) return null;
        if (keyword.StartsWith("exclusive", StringComparison.Ordinal) && value.Element.ValueKind is JsonValueKind.True or JsonValueKind.False) return null;
        if (value.Element.ValueKind != JsonValueKind.Number) throw value.Fault("has to be a number");
        return DecimalText.Read(value.Element) ?? throw value.Fault("has an exponent that no number here reaches");
    }
}
