using Moesaic.Methods.Training;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Documents in one block do not see each other, however full the block is.</summary>
public class SegmentIsolationTests
{
    [Theory]
    [InlineData(5, 5, 6)]       // a completely full block
    [InlineData(4, 3, 6)]       // with padding
    public void Changing_one_segment_changes_no_logit_of_another(params int[] lengths)
    {
        using var model = TinyRun.Model();
        for (var changed = 0; changed < lengths.Length; changed++)
        {
            var (usual, segments) = Logits(lengths, -1);
            var (other, _) = Logits(lengths, changed);
            for (var s = 0; s < lengths.Length; s++)
            {
                var rows = Enumerable.Range(segments[s].Start, segments[s].Length).Select(t => (usual[t], other[t])).ToList();
                if (s == changed) Assert.Contains(rows, r => !r.Item1.SequenceEqual(r.Item2));
                else Assert.All(rows, r => Assert.Equal(r.Item1, r.Item2));
            }
        }

        (float[][] Logits, Segment[] Segments) Logits(int[] lengths, int changed)
        {
            var samples = lengths.Select((n, i) => new TokenizedSample([.. Enumerable.Range(0, n + 1).Select(t => ((t * (i + 2)) + (i == changed ? 3 : 0)) % TinyRun.Vocabulary)], null));
            var packed = PackedDataset.Pack(samples, TinyRun.Length, new PackingOptions { Method = PackingMethod.NextFit });
            Assert.Equal(1, packed.Blocks);
            var batch = packed.Batch([0], 0);
            using var workspace = new Workspace();
            workspace.Begin(recording: false);
            var logits = model.Logits(workspace, model.Hidden(workspace, PassInputs.Of(batch, 0, 1)));
            return ([.. Enumerable.Range(0, logits.Rows).Select(t => logits.Row(t).ToArray())], [.. batch.Segments.Where(s => !s.IsPadding)]);
        }
    }
}
