namespace Moesaic.Inference;

/// <summary>What a grammar may cost, so that nobody's schema stalls the others. All are documented in docs/server.md.</summary>
static class GrammarLimits
{
    /// <summary>Arrays and objects inside each other, in what is generated.</summary>
    public const int Nesting = 48;

    /// <summary>Ways to read one text that are followed at the same time.</summary>
    public const int Threads = 1024;

    /// <summary>Bytes of token sets that one grammar keeps.</summary>
    public const int CacheBytes = 32 << 20;

    /// <summary>Schemas inside a schema that are looked at, repetitions by references included.</summary>
    public const int Schemas = 10_000;

    /// <summary>Schemas that result from anyOf and oneOf of one value.</summary>
    public const int Alternatives = 256;

    /// <summary>Properties of one object.</summary>
    public const int Properties = 1000;

    /// <summary>Values of one enumeration.</summary>
    public const int Values = 2000;

    /// <summary>States of the automaton of one string, number or enumeration.</summary>
    public const int States = 40_000;

    /// <summary>Steps of building all automata of a schema; a step takes nanoseconds.</summary>
    public const long Steps = 60_000_000;
}
