using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Tests.Recipes;

public class OptionsBinderTests
{
    static SampleOptions Bind(string yaml) => new OptionsBinder().Bind<SampleOptions>(YamlReader.Read(yaml, "r.yaml"));

    static string Refused(string yaml) => Assert.Throws<BadRequestException>(() => Bind(yaml)).Message;

    [Fact]
    public void Every_kind_of_key_is_bound()
    {
        var options = Bind("""
            experts: 8
            chosen: 3
            method: gate_up2_d
            learning_rate: 2.5e-4
            noise: .5
            tokens: 4e5
            salt: 18446744073709551615
            renormalise: false
            title: 8
            data: { path: a.txt, tokens: 5 }
            mixture: [ b.txt, { path: c.txt } ]
            roles:
              - random
              - token_clusters
            weights: { code: 0.25, prose: 1 }
            groups: { count: 4 }
            """);
        Assert.Equal((8, 3, SampleMethod.GateUp2D), (options.Experts, options.Chosen, options.Method));
        Assert.Equal((2.5e-4, 0.5f, 400_000L), (options.LearningRate, options.Noise, options.Tokens));
        Assert.Equal((ulong.MaxValue, false, "8"), (options.Salt, options.Renormalise, options.Title));
        Assert.Equal(new SampleData { Path = "a.txt", Tokens = 5 }, options.Data);
        Assert.Equal([new SampleData { Path = "b.txt" }, new SampleData { Path = "c.txt" }], options.Mixture);
        Assert.Equal([SampleMethod.Random, SampleMethod.TokenClusters], options.Roles);
        Assert.Equal(0.25, options.Weights["code"]);
        Assert.Equal(new SampleGroups(4, 2), options.Groups);
    }

    [Fact]
    public void Absent_keys_keep_the_default_of_the_type()
    {
        var options = Bind("experts: 4\nsalt: null\ntitle: ~");
        Assert.Equal(new SampleOptions { Experts = 4 }.LearningRate, options.LearningRate);
        Assert.Equal("docs", options.Data.Path);
        Assert.Null(options.Salt);
        Assert.Null(options.Title);
    }

    [Theory]
    [InlineData("experts: 8\nlerning_rate: 1", "r.yaml:2:1: unknown key 'lerning_rate'; did you mean 'learning_rate'? Known: chosen, data, experts,")]
    [InlineData("experts: 8\ndata:\n  path: x\n  tokns: 1", "r.yaml:4:3: data: unknown key 'tokns'; did you mean 'tokens'? Known: path, tokens.")]
    [InlineData("experts: 8\nqqqqqqq: 1", "r.yaml:2:1: unknown key 'qqqqqqq'. Known:")]
    [InlineData("chosen: 1", "r.yaml:1:1: key 'experts' is missing; a whole number is needed")]
    [InlineData("", "r.yaml:1:1: key 'experts' is missing")]
    [InlineData("experts: many", "r.yaml:1:10: experts: 'many' is not a whole number")]
    [InlineData("experts: 8.5", "r.yaml:1:10: experts: '8.5' is not a whole number")]
    [InlineData("experts: 3e9", "r.yaml:1:10: experts: '3e9' is not a whole number")]
    [InlineData("experts: \"8\"", "r.yaml:1:10: experts: '8' is text in quotes, a whole number is needed")]
    [InlineData("experts:", "r.yaml:1:9: experts: no value; a whole number is needed")]
    [InlineData("experts: [8]", "r.yaml:1:10: experts: a list where a whole number is needed")]
    [InlineData("experts: 0", "r.yaml:1:10: experts: The field experts must be between 1 and 256.")]
    [InlineData("experts: 2\nchosen: 3", "r.yaml:2:9: chosen is 3, more than the 2 experts there are")]
    [InlineData("experts: 8\nsalt: -1", "r.yaml:2:7: salt: '-1' is not a whole number that is not negative")]
    [InlineData("experts: 8\nlearning_rate: .nan", "r.yaml:2:16: learning_rate: '.nan' is not a number")]
    [InlineData("experts: 8\nnoise: 1e300", "r.yaml:2:8: noise: '1e300' is not a number")]
    [InlineData("experts: 8\nrenormalise: yes", "r.yaml:2:14: renormalise: 'yes' is not true or false")]
    [InlineData("experts: 8\nmethod: token_cluster", "unknown value 'token_cluster'; did you mean 'token_clusters'? Known: gate_up2_d, random, token_clusters.")]
    [InlineData("experts: 8\nmethod: TokenClusters", "unknown value 'TokenClusters'")]
    [InlineData("experts: 8\nroles: random", "roles: the single value 'random' where a list is needed; write [ ... ]")]
    [InlineData("experts: 8\nroles: [random, 3]", "r.yaml:2:17: roles.1: unknown value '3'")]
    [InlineData("experts: 8\nmixture: [ { tokens: 1 } ]", "r.yaml:2:12: mixture.0: key 'path' is missing; text is needed")]
    [InlineData("experts: 8\nweights: { code: x }", "weights.code: 'x' is not a number")]
    [InlineData("experts: 8\nweights: 3", "weights: the single value '3' where a mapping from names is needed")]
    [InlineData("experts: 8\ndata: [a]", "data: a list where a mapping is needed")]
    [InlineData("experts: 8\ngroups: { kept: 1 }", "groups: key 'count' is missing; a whole number is needed")]
    [InlineData("[1, 2]", "r.yaml:1:1: a list where a mapping is needed")]
    public void Mistakes_are_named_with_place_and_remedy(string yaml, string message) => Assert.Contains(message, Refused(yaml), StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_are_reported_at_once() =>
        Assert.Equal(3, Refused("experts: x\nmethod: y\nzz: 1").Split('\n').Length);
}
