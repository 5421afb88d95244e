namespace Moesaic.Methods.Steps;

/// <summary>
/// What may stand in a recipe under one verb: the type its options are bound to and how a step is made of them.
/// Options are sealed records with init properties; a property's name in snake_case is the key, its initial value the
/// default, <c>required</c> and DataAnnotations are enforced, its docstring is the documentation of the key.
/// </summary>
public sealed class StepKind
{
    readonly Func<object, IStep> create;

    StepKind(string verb, string summary, Type optionsType, Func<object, IStep> create)
    {
        Verb = verb;
        Summary = summary;
        OptionsType = optionsType;
        this.create = create;
    }

    /// <summary>The key in the recipe, which is also the command: "split".</summary>
    public string Verb { get; }

    /// <summary>One line of help.</summary>
    public string Summary { get; }

    /// <summary>The record that the options are bound to.</summary>
    public Type OptionsType { get; }

    /// <summary>Declares a verb.</summary>
    public static StepKind Of<TOptions>(string verb, string summary, Func<TOptions, IStep> create)
        where TOptions : class =>
        new(verb, summary, typeof(TOptions), options => create((TOptions)options));

    /// <summary>A step with these options.</summary>
    /// <param name="options">An instance of <see cref="OptionsType"/>.</param>
    public IStep Create(object options) => create(options);
}
