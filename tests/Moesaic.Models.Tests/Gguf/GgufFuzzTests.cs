using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests.Gguf;

/// <summary>
/// Damaged heads of real files: a model or a <see cref="BadModelException"/> comes out, quickly and without allocations that
/// the file has no bytes for.
/// </summary>
public sealed class GgufFuzzTests : IDisposable
{
    static readonly uint[] Numbers = [0, 1, 2, 3, 7, 255, 65_536, 1u << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    static readonly double Seconds = double.Parse(Environment.GetEnvironmentVariable("MOESAIC_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Damaged_models_are_read_or_refused()
    {
        byte[][] originals =
        [
            Make("a", TinySpec.Of(TinySpec.Mixture()), WeightEncoding.F32),
            Make("b", TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(weight: CombineWeight.Raw, shared: 12)), WeightEncoding.F16),
            Make("c", TinySpec.Of(TinySpec.Dense()) with { Rope = new(10_000, RopeScaling.Llama3, 8, 1, 4, 2048) }, WeightEncoding.Q8_0),
        ];
        var (clock, accepted) = (Stopwatch.StartNew(), 0);
        for (var seed = 0; seed < 600 || clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var bytes = Damage([.. originals[seed % originals.Length]], new Random(seed));
            File.Delete(folder["x.gguf"]);
            File.WriteAllBytes(folder["x.gguf"], bytes);
            var (began, allocated) = (clock.Elapsed, GC.GetAllocatedBytesForCurrentThread());
            try
            {
                ModelFolder.Load(folder["x.gguf"]).Dispose();
                accepted++;
            }
            catch (BadModelException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 50_000_000, $"seed {seed} allocates");
            Assert.True((clock.Elapsed - began).TotalSeconds < 5, $"seed {seed} takes {clock.Elapsed - began}");
        }
        Assert.True(accepted > 0, "no damaged file was accepted: the fuzz does not reach the weights");
    }

    byte[] Make(string name, ModelSpec spec, WeightEncoding encoding)
    {
        using var model = TinySpec.Model(spec);
        ModelFolder.Save(model, folder[name], new SaveOptions { Type = TensorType.F32, ModelType = "moesaic" });
        using var weights = StoredWeights.Open(folder[name]);
        new GgufModelWriter(weights, encoding).Write(folder[name + ".gguf"]);
        return File.ReadAllBytes(folder[name + ".gguf"]);
    }

    /// <summary>Mostly numbers of the head: values of keys, shapes, offsets.</summary>
    static byte[] Damage(byte[] bytes, Random random)
    {
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(random.Next(4) == 0 ? bytes.Length - 8 : Math.Min(3000, bytes.Length - 8));
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: return bytes[..at];
                default: BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Numbers[random.Next(Numbers.Length)]); break;
            }
        }
        // A key's value is hit far too seldom by chance: find one by its UInt32 type and change the number behind it.
        for (int at = random.Next(1500), end = Math.Min(bytes.Length - 8, at + 400); at < end; at++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) != 4 || bytes[at - 1 < 0 ? 0 : at - 1] < (byte)'_') continue;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 4), Numbers[random.Next(Numbers.Length)]);
            break;
        }
        return bytes;
    }
}
