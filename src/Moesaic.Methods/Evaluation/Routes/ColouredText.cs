using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;
using Moesaic.Text;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>A text and what every router decided about its tokens.</summary>
/// <param name="Tokens">N ids.</param>
/// <param name="Routes">One per router, in the order of the report; each has N decisions.</param>
sealed record ColouredText(IReadOnlyList<int> Tokens, IReadOnlyList<IReadOnlyList<ColouredRoute>> Routes)
{
    /// <summary>Longest text, in tokens: a page of more is no longer read.</summary>
    public const int Longest = 16_384;

    /// <summary>Routes a text.</summary>
    /// <param name="options">The text.</param>
    /// <param name="model">Not changed.</param>
    /// <param name="tokenizer">The model's. Names of special tokens in the text are ordinary characters.</param>
    /// <param name="context">Longest window.</param>
    /// <param name="asInTraining">Whether routers select and limit as in training.</param>
    /// <exception cref="BadRequestException">It is too long, holds nothing, or its task is not one of the model's.</exception>
    public static ColouredText Of(ColouredTextOptions options, Model model, ITokenizer tokenizer, int context, bool asInTraining)
    {
        var task = TaskNames.Find(model.Spec.Tasks, options.Task, "text");
        if (tokenizer.Encode(options.Text, addSpecial: false, parseSpecial: false).Length == 0)
            throw new BadRequestException("The text holds no token to colour.");
        var tokens = tokenizer.Encode(options.Text, parseSpecial: false);
        if (tokens.Length > Longest)
            throw new BadRequestException($"The text has {tokens.Length:N0} tokens; at most {Longest:N0} are coloured. Give a part of it, and the whole as data.");

        var routers = RouterList.Of(model.Spec);
        Recorder[] recorders = [.. routers.Select(_ => new Recorder())];
        RoutingStatistics[] all = [.. routers.Select((r, i) => new RoutingStatistics(r.Router.Experts) { Observer = recorders[i] })];
        using var workspace = new Workspace();
        foreach (var window in tokens.Chunk(context))
        {
            var input = new PassInput
            {
                Tokens = window,
                Positions = Enumerable.Range(0, window.Length).ToArray(),
                Segments = new[] { new AttentionSegment(0, window.Length, 0, window.Length) },
                Tasks = task < 0 ? default : Enumerable.Repeat(task, window.Length).ToArray(),
                Training = asInTraining,
                Statistics = [.. all.Where((_, i) => !routers[i].OfAttention)],
                AttentionStatistics = [.. all.Where((_, i) => routers[i].OfAttention)],
            };
            workspace.Begin(recording: false);
            model.Hidden(workspace, input);
        }
        return new ColouredText(tokens, [.. recorders.Select(r => r.Routes)]);
    }

    /// <summary>The text in the colours of one router's first choices.</summary>
    /// <param name="title">Heading.</param>
    /// <param name="router">Its place in <see cref="Routes"/>.</param>
    /// <param name="names">What tokens look like.</param>
    public Passage Passage(string title, int router, TokenNames names) =>
        new(title, [.. Tokens.Select((id, t) => new PassagePiece(names.InText(id), Routes[router][t].First))]);

    sealed class Recorder : IRoutingObserver
    {
        readonly List<ColouredRoute> routes = [];

        public IReadOnlyList<ColouredRoute> Routes => routes;

        public void Observe(in Routing routing)
        {
            var width = routing.Weights.Columns;
            for (var t = 0; t < routing.Weights.Rows; t++)
            {
                var chosen = Selection.Filled(routing.Chosen.Span.Slice(t * width, width));
                routes.Add(new(chosen.ToArray(), routing.Weights.Row(t)[..chosen.Length].ToArray()));
            }
        }
    }
}

/// <summary>What a router decided about a token of a text.</summary>
/// <param name="Chosen">Experts, best first; may be none.</param>
/// <param name="Weights">Their combine weights.</param>
readonly record struct ColouredRoute(int[] Chosen, float[] Weights)
{
    /// <summary>The best expert; −1 for none.</summary>
    public int First => Chosen.Length == 0 ? -1 : Chosen[0];
}
