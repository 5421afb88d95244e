using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Clustering;

public sealed class DocumentClustersTests
{
    const int Documents = 24;

    // Document n speaks of subject n % 3: tokens of its own range beside those that all use.
    static PackedDataset Data()
    {
        var random = new Random(8);
        return PackedDataset.Pack(Enumerable.Range(0, Documents).Select(n => new TokenizedSample(
            [.. Enumerable.Range(0, 16).Select(i => i % 4 == 0 ? random.Next(4) : 4 + (n % 3 * 19) + random.Next(19))], null)), 30);
    }

    static int[] Subjects(PackedDataset data) =>
        [.. DensePass.Over(data, 1).SelectMany(p => p.Input.Segments.ToArray().Select(s =>
            (p.Batch.Tokens.Skip(s.QueryStart).Take(s.QueryCount).Max() - 4) / 19))];

    [Fact]
    public void Subjects_are_found_by_words()
    {
        var data = Data();
        using var embeddings = DocumentClusters.ByWords(data);
        var labels = DocumentClusters.Cluster(embeddings, new KMeansOptions { Clusters = 3, Restarts = 4 }, new Random(1));
        Assert.Equal(Documents, labels.Length);
        Assert.Equal(3, labels.Zip(Subjects(data)).Distinct().Count());
    }

    [Fact]
    public void A_document_is_the_mean_of_its_hidden_states_whatever_the_batch()
    {
        using var model = TinyModel.Dense();
        using var layers = ModelLayers.Of(model);
        var data = Data();
        using var one = DocumentClusters.ByHiddenStates(layers, data, rowsPerPass: 1);
        using var five = DocumentClusters.ByHiddenStates(layers, data, rowsPerPass: 5);
        Assert.Equal(one.Span.ToArray(), five.Span.ToArray());

        var (batch, input) = DensePass.Over(data, 1).First();
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var hidden = model.Hidden(workspace, PassInput.Sequence(batch.Tokens[..input.Segments.Span[0].QueryCount]));
        var expected = Enumerable.Range(0, hidden.Rows).Average(t => hidden.Row(t)[3]);
        Assert.Equal(expected, one.Row(0)[3], 1e-5);
        Assert.Throws<BadRequestException>(() => DocumentClusters.Cluster(one, new KMeansOptions { Clusters = Documents + 1 }, new Random(1)));
    }

    [Fact]
    public void A_token_belongs_to_the_cluster_of_its_document_over_all_batches()
    {
        var data = Data();
        int[] documents = [.. Enumerable.Range(0, Documents)];
        var whole = Labels(1);
        Assert.Equal(Documents, whole.Distinct().Count());
        Assert.Equal(whole, Labels(4));

        int[] Labels(int rows)
        {
            var first = 0;
            var labels = new List<int>();
            foreach (var (_, input) in DensePass.Over(data, rows))
            {
                var of = DocumentClusters.TokenLabels(input, documents.AsSpan(first));
                labels.AddRange(of.Where((_, t) => input.Counted.Span[t]));
                first += input.Segments.Length;
            }
            return [.. labels];
        }
    }
}
