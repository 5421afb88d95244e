using System.Globalization;

namespace Moesaic.Text.Tokenizers;

/// <summary>Unicode's general categories by their short and long names, as a bit per <see cref="UnicodeCategory"/>.</summary>
static class GeneralCategories
{
    static readonly string[] Names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>The bits of a category (Lu), a group of them (L) or a group's long name (Letter); 0 when unknown.</summary>
    public static int OfName(string name)
    {
        var prefix = name switch
        {
            "Letter" => "L",
            "Mark" => "M",
            "Number" => "N",
            "Punctuation" => "P",
            "Symbol" => "S",
            "Separator" => "Z",
            "Other" => "C",
            _ => name,
        };
        if (prefix.Length is < 1 or > 2) return 0;
        var bits = 0;
        for (var i = 0; i < Names.Length; i++)
            if (Names[i].StartsWith(prefix, StringComparison.Ordinal)) bits |= 1 << i;
        return bits;
    }
}
