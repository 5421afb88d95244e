using System.Numerics;

namespace Moesaic.Text.Datasets;

/// <summary>
/// Best-fit decreasing bin packing: every item, the longest first, goes into the fullest block it still fits. Blocks are
/// kept by the room left, so that placing an item scans one bit a possible room.
/// </summary>
static class BestFit
{
    /// <summary>The items of each block. Equal lengths keep their order, so the outcome is determined by the input.</summary>
    /// <param name="lengths">Lengths of the items, from 1 to <paramref name="capacity"/>.</param>
    /// <param name="capacity">Length of a block.</param>
    public static List<List<int>> Place(IReadOnlyList<int> lengths, int capacity)
    {
        var blocks = new List<List<int>>();
        var withRoom = new Stack<int>?[capacity + 1];
        var occupied = new ulong[capacity / 64 + 1];
        foreach (var item in Enumerable.Range(0, lengths.Count).OrderByDescending(index => lengths[index]))
        {
            var room = SmallestFrom(lengths[item]);
            int block;
            if (room < 0)
            {
                (block, room) = (blocks.Count, capacity);
                blocks.Add([]);
            }
            else
            {
                block = withRoom[room]!.Pop();
                if (withRoom[room]!.Count == 0) occupied[room / 64] &= ~(1UL << room % 64);
            }
            blocks[block].Add(item);
            room -= lengths[item];
            if (room == 0) continue;
            (withRoom[room] ??= new Stack<int>()).Push(block);
            occupied[room / 64] |= 1UL << room % 64;
        }
        return blocks;

        int SmallestFrom(int needed)
        {
            var word = needed / 64;
            var bits = occupied[word] & ulong.MaxValue << needed % 64;
            while (bits == 0 && ++word < occupied.Length) bits = occupied[word];
            return bits == 0 ? -1 : word * 64 + BitOperations.TrailingZeroCount(bits);
        }
    }
}
