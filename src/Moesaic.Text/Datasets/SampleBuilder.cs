using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Text.Datasets;

/// <summary>Turns documents into token samples.</summary>
public sealed class SampleBuilder
{
    readonly ITokenizer tokenizer;
    readonly SampleOptions options;
    readonly ConversationWriter? conversations;
    readonly int? bos, eos;

    /// <summary>Prepares the building of samples.</summary>
    /// <param name="tokenizer">The tokenizer of the model that will read the samples.</param>
    /// <param name="options">How documents become samples; null: the defaults.</param>
    /// <param name="template">The model's chat template; null: conversations are refused.</param>
    /// <exception cref="BadRequestException">A token for the beginning or the end is asked for that the tokenizer does not have.</exception>
    public SampleBuilder(ITokenizer tokenizer, SampleOptions? options = null, ChatTemplate? template = null)
    {
        this.tokenizer = tokenizer;
        this.options = options ?? new SampleOptions();
        conversations = template is null ? null : new ConversationWriter(template, this.options.TemplateVariables);
        var added = tokenizer.Encode("");
        bos = Choose(this.options.BeginWithBos, tokenizer.BosId, added, "beginning (BOS)", nameof(SampleOptions.BeginWithBos));
        eos = Choose(this.options.EndWithEos, tokenizer.EosId, added, "end (EOS)", nameof(SampleOptions.EndWithEos));
    }

    /// <summary>
    /// The samples of a document: one for a text; for a conversation one, or one an assistant turn if so asked. Only what
    /// the assistant says is predicted, up to the special token that ends its turn.
    /// </summary>
    /// <exception cref="BadRequestException">A conversation without a template, or one whose assistant turns can not be found.</exception>
    /// <exception cref="BadModelException">A conversation the template refuses, or in which the assistant says nothing.</exception>
    public IEnumerable<TokenizedSample> Build(Document document)
    {
        if (document.Messages is not { } messages) return [FromText(document.Text ?? "")];
        if (conversations is null) throw NoTemplate(document.Source);
        var texts = options.OneTurnPerSample
            ? conversations.TurnByTurn(messages, document.Tools, document.Source)
            : [conversations.Whole(messages, document.Tools, document.Source)];
        var samples = texts.Select(FromConversation).Where(sample => sample.LossMask!.AsSpan(Math.Min(1, sample.Tokens.Length)).Contains(true)).ToList();
        return samples.Count > 0 ? samples
            : throw new BadModelException($"{document.Source}: the assistant says nothing in this conversation, so there is nothing to learn from it.");
    }

    /// <summary>The samples of many documents, built one after the other while enumerating.</summary>
    public IEnumerable<TokenizedSample> Build(IEnumerable<Document> documents) => documents.SelectMany(Build);

    /// <summary>The sample of a running text: every token but the first is predicted.</summary>
    public TokenizedSample FromText(string text)
    {
        var ids = tokenizer.Encode(text, addSpecial: false, parseSpecial: options.SpecialTokensInText);
        return new TokenizedSample([.. Optional(bos), .. ids, .. Optional(eos)], null);
    }

    /// <summary>The sample of a conversation of which only the last turn, the assistant's, is predicted.</summary>
    /// <exception cref="BadRequestException">There is no template, or the turn can not be found.</exception>
    /// <exception cref="BadModelException">The template refuses the conversation.</exception>
    public TokenizedSample FromLastTurn(IReadOnlyList<ChatMessage> messages, string source) => conversations is not null
        ? FromConversation(conversations.TurnByTurn(messages, null, source).Last())
        : throw NoTemplate(source);

    /// <summary>The sample of a running text of which only what follows the prompt is predicted, with the token for the end.</summary>
    public TokenizedSample FromContinuation(string prompt, string continuation)
    {
        var sample = FromText(prompt + continuation);
        int[] before = [.. Optional(bos), .. tokenizer.Encode(prompt, addSpecial: false, parseSpecial: options.SpecialTokensInText)];
        var mask = new bool[sample.Tokens.Length];
        mask.AsSpan(before.AsSpan().CommonPrefixLength(sample.Tokens)).Fill(true);
        return new TokenizedSample(sample.Tokens, mask);
    }

    static BadRequestException NoTemplate(string source) =>
        new($"{source}: this is a conversation, but the model has no chat template to write it with.");

    TokenizedSample FromConversation(ConversationText conversation)
    {
        var ids = tokenizer.EncodeAround(conversation.Text, conversation.Given);
        var mask = new bool[ids.Length];
        foreach (var range in conversation.Learnt)
        {
            int start = TokensBefore(range.Start.Value), end = TokensBefore(range.End.Value);
            mask.AsSpan(start, UpToEndOfTurn(ids.AsSpan(start, Math.Max(0, end - start)))).Fill(true);
        }
        return new TokenizedSample(ids, mask);

        // A token that lies across the place counts as behind it: the model produces it when it continues from there.
        int TokensBefore(int character) =>
            tokenizer.EncodeAround(conversation.Text[..character], Before(character)).AsSpan().CommonPrefixLength(ids);

        List<Range> Before(int character) =>
            [.. conversation.Given.Where(r => r.Start.Value < character).Select(r => r.Start..Math.Min(r.End.Value, character))];
    }

    /// <summary>
    /// Leaves out the white space between the special token that ends a turn and the next turn: the model has stopped there.
    /// </summary>
    int UpToEndOfTurn(ReadOnlySpan<int> turn)
    {
        var last = turn.Length - 1;
        while (last >= 0 && !tokenizer.SpecialIds.Contains(turn[last])) last--;
        return last >= 0 && string.IsNullOrWhiteSpace(tokenizer.Decode(turn[(last + 1)..])) ? last + 1 : turn.Length;
    }

    static ReadOnlySpan<int> Optional(int? id) => id is { } one ? new[] { one } : [];

    static int? Choose(bool? wanted, int? id, int[] added, string what, string option)
    {
        if (wanted == true && id is null)
            throw new BadRequestException($"The tokenizer has no token for the {what}. Set {option} to false, or name the token in tokenizer_config.json.");
        return wanted ?? (id is { } one && added.Contains(one)) ? id : null;
    }
}
