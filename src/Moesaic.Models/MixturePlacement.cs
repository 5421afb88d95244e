using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>Which layers of a model become mixtures; the others stay dense.</summary>
public abstract record MixturePlacement
{
    /// <summary>Every layer.</summary>
    public static MixturePlacement All { get; } = new EveryLayer(1, 0);

    /// <summary>The layers after the middle: of an odd number of layers the middle one stays dense, as in <see cref="FirstHalf"/>.</summary>
    public static MixturePlacement SecondHalf { get; } = new Half(Second: true);

    /// <summary>The layers before the middle.</summary>
    public static MixturePlacement FirstHalf { get; } = new Half(Second: false);

    /// <summary>
    /// Layers offset, offset + n, offset + 2n, … Switch and GShard have every second layer from 1 on, ST-MoE every fourth from 3 on;
    /// DeepSeekMoE, whose first layer is dense, every layer from 1 on.
    /// </summary>
    /// <param name="n">1 or more.</param>
    /// <param name="offset">Number of the first mixture, 0 or more.</param>
    public static MixturePlacement Every(int n, int offset = 0) => new EveryLayer(n, offset);

    /// <summary>The layers of a list.</summary>
    /// <param name="layers">Numbers from 0 on.</param>
    public static MixturePlacement At(params IReadOnlyList<int> layers) => new Listed(layers);

    /// <summary>The layers of a model, rising.</summary>
    /// <param name="layers">How many it has.</param>
    /// <exception cref="BadRequestException">None is chosen, one lies outside the model, is named twice, or n or the offset is too small.</exception>
    public IReadOnlyList<int> Of(int layers)
    {
        var chosen = Choose(layers);
        return chosen.Count > 0 ? chosen
            : throw new BadRequestException($"No layer becomes a mixture: the model has {layers} and the placement names none of them.");
    }

    private protected abstract IReadOnlyList<int> Choose(int layers);

    sealed record EveryLayer(int N, int Offset) : MixturePlacement
    {
        private protected override IReadOnlyList<int> Choose(int layers) => N >= 1 && Offset >= 0
            ? [.. Enumerable.Range(0, layers).Where(l => l >= Offset && (l - Offset) % N == 0)]
            : throw new BadRequestException($"Mixtures in every layer number {N} from {Offset} on cannot be placed: need 1 or more, from 0 or more on.");
    }

    sealed record Half(bool Second) : MixturePlacement
    {
        private protected override IReadOnlyList<int> Choose(int layers) =>
            [.. Second ? Enumerable.Range((layers + 1) / 2, layers / 2) : Enumerable.Range(0, layers / 2)];
    }

    sealed record Listed(IReadOnlyList<int> Layers) : MixturePlacement
    {
        private protected override IReadOnlyList<int> Choose(int layers)
        {
            int[] sorted = [.. Layers.Order()];
            foreach (var layer in sorted)
                if (layer < 0 || layer >= layers) throw new BadRequestException($"Layer {layer} cannot be a mixture: the model has layers 0 to {layers - 1}.");
            for (var i = 1; i < sorted.Length; i++)
                if (sorted[i] == sorted[i - 1]) throw new BadRequestException($"Layer {sorted[i]} is named twice among the mixtures.");
            return sorted;
        }
    }
}
