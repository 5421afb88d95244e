using System.Diagnostics;
using System.Globalization;

namespace Moesaic.Formats.Tests;

/// <summary>
/// Mutates bytes at random, seed by seed, for MOESAIC_FUZZ_SECONDS (3 by default) and at least a thousand cases. Only
/// <see cref="BadModelException"/> may come out of the code under test, quickly and without large allocations.
/// </summary>
static class Fuzz
{
    static readonly TimeSpan Budget = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("MOESAIC_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture));

    public static void Run(byte[][] originals, string path, Action<string> subject)
    {
        var clock = Stopwatch.StartNew();
        for (int seed = 0; seed < 1000 || clock.Elapsed < Budget; seed++)
        {
            byte[] bytes = Mutate(originals[seed % originals.Length], new Random(seed), originals);
            File.Delete(path); // a new file never waits for the disk; ext4 flushes one that is truncated
            File.WriteAllBytes(path, bytes);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            var began = clock.Elapsed;
            try
            {
                subject(path);
            }
            catch (BadModelException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}\nbytes: {Convert.ToBase64String(bytes)}");
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.True(allocated < 20_000_000, $"seed {seed}: {allocated} bytes allocated");
            Assert.True(clock.Elapsed - began < TimeSpan.FromSeconds(5), $"seed {seed}: took {clock.Elapsed - began}");
        }
    }

    static byte[] Mutate(byte[] original, Random random, byte[][] originals)
    {
        var bytes = original.ToList();
        for (int n = random.Next(1, 4); n > 0 && bytes.Count > 0; n--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(10))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40))); break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4: bytes.AddRange(new byte[random.Next(1, 64)]); break;
                case 5: bytes.InsertRange(at, bytes.Slice(0, random.Next(Math.Min(64, bytes.Count)))); break;
                case 6: ReplaceDigits(bytes, at, random); break;
                case 7: ReplaceDigits(bytes, at, random); break;
                case 8: bytes[random.Next(Math.Min(8, bytes.Count))] = (byte)random.Next(256); break;
                default:
                    byte[] other = originals[random.Next(originals.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, 32)).ToArray());
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Another number where the next number stands: offsets, shapes, factors.</summary>
    static void ReplaceDigits(List<byte> bytes, int at, Random random)
    {
        int first = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (first < 0) return;
        int end = bytes.FindIndex(first, b => b is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(first, (end < 0 ? bytes.Count : end) - first);
        string[] numbers = ["0", "1", "4", "-1", "2147483648", "9223372036854775807", "18446744073709551616", "1e999", "0.5", "null", "[]", "\"x\""];
        bytes.InsertRange(first, numbers[random.Next(numbers.Length)].Select(c => (byte)c));
    }
}
