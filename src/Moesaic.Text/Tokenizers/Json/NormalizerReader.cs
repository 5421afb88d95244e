using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>Reads the `normalizer` section.</summary>
static class NormalizerReader
{
    public static INormalizer? Read(JsonPart part)
    {
        if (part.IsNull) return null;
        switch (part.Type)
        {
            case "NFC": return Form(part, NormalizationForm.FormC);
            case "NFD": return Form(part, NormalizationForm.FormD);
            case "NFKC": return Form(part, NormalizationForm.FormKC);
            case "NFKD": return Form(part, NormalizationForm.FormKD);
            case "Lowercase":
                part.Allow("type");
                return new LowercaseNormalizer();
            case "StripAccents":
                part.Allow("type");
                return new StripAccentsNormalizer();
            case "Strip":
                part.Allow("type", "strip_left", "strip_right");
                return new StripNormalizer(part.Flag("strip_left", true), part.Flag("strip_right", true));
            case "Prepend":
                part.Allow("type", "prepend");
                return new PrependNormalizer(part["prepend"].Text);
            case "Replace":
                part.Allow("type", "pattern", "content");
                return new ReplaceNormalizer(PatternReader.Read(part["pattern"]), part["content"].Text);
            case "Sequence":
                part.Allow("type", "normalizers");
                return new NormalizerSequence([.. part["normalizers"].Items
                    .Select(p => Read(p) ?? throw p.Fault("a normalizer is needed"))]);
            default: throw part.Fault($"the normalizer {part.Type} is not supported");
        }
    }

    static UnicodeNormalizer Form(JsonPart part, NormalizationForm form)
    {
        part.Allow("type");
        return new UnicodeNormalizer(form);
    }
}
