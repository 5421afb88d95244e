using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Heads;

/// <summary>How the heads of attention become experts: the part of a plan that concerns attention.</summary>
public sealed record AttentionSplit
{
    /// <summary>Attention experts per token.</summary>
    public required int Chosen { get; init; }

    /// <summary>Whose keys and values an expert has.</summary>
    public required ExpertKeys Keys { get; init; }

    /// <summary>Whether the first token is among the keys of every expert. With <see cref="ExpertKeys.Routed"/> alone.</summary>
    public bool KeepFirst { get; init; }

    /// <summary>Experts made of one key/value head.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>What an expert's output is multiplied by, before the layer's scale.</summary>
    public required CombineWeight Weight { get; init; }

    /// <summary>The layers whose attention is split, ascending.</summary>
    public required IReadOnlyList<AttentionLayerSplit> Layers { get; init; }

    /// <summary>The shape of a layer's attention.</summary>
    /// <exception cref="BadRequestException">The heads cannot be divided so; the message names the layer.</exception>
    internal AttentionSpec SpecOf(AttentionLayerSplit layer, AttentionSpec heads)
    {
        var where = $"split plan, attention of layer {layer.Layer}";
        if (heads.Experts is not null) throw new BadRequestException($"{where}: it is made of experts already.");
        if (Keys == ExpertKeys.Shared)
            throw new BadRequestException($"{where}: keys: shared is for new models: a split leaves every query head the key/value head that it reads. Take keys: all or routed.");
        if (AttentionExpertsSpec.WhyNot(heads) is { } reason)
            throw new BadRequestException($"{where}: its heads cannot be experts: {reason}. Leave attention out.");
        int experts = heads.KeyValueHeads * Parts, sharing = heads.QueryHeads / heads.KeyValueHeads;
        if (Parts < 1 || sharing % Parts != 0)
            throw new BadRequestException($"{where}: {sharing} query heads read a key/value head; they cannot be cut into {Parts} parts.");
        if (Chosen < 1 || Chosen > experts)
            throw new BadRequestException($"{where}: {Chosen} experts per token of {experts}; need 1 to {experts}.");
        if (!float.IsFinite(layer.Scale) || layer.Scale <= 0)
            throw new BadRequestException($"{where}: the scale is {layer.Scale}; need a positive number.");
        if (heads.Window != 0 && Keys == ExpertKeys.Routed)
            throw new BadRequestException($"{where}: it has a sliding window, which routed keys do not support; take keys: all.");
        var router = new RouterSpec { Experts = experts, Chosen = Chosen, Weight = Weight, Scale = layer.Scale };
        return heads with { KeyValueHeads = experts, Experts = new AttentionExpertsSpec(router, Keys, KeepFirst && Keys == ExpertKeys.Routed) };
    }

    /// <summary>Checks the plan against the model it is to divide.</summary>
    /// <exception cref="BadRequestException">It does not fit.</exception>
    internal void Validate(ModelSpec dense)
    {
        var last = -1;
        foreach (var layer in Layers)
        {
            if (layer.Layer <= last || layer.Layer >= dense.Layers.Count)
                throw new BadRequestException($"split plan, attention: layers must rise and lie in 0..{dense.Layers.Count - 1}; {layer.Layer} follows {last}.");
            last = layer.Layer;
            var experts = SpecOf(layer, dense.Layers[layer.Layer].Attention).KeyValueHeads;
            var bytes = (long)experts * dense.Width * sizeof(float);
            if (layer.Router is not null && layer.Router.Length != bytes)
                throw new BadRequestException($"split plan, attention of layer {layer.Layer}: the router has {layer.Router.Length} bytes; " +
                    $"{experts} experts for width {dense.Width} have {bytes} in float32.");
            foreach (var value in layer.RouterRows)
                if (!float.IsFinite(value))
                    throw new BadRequestException($"split plan, attention of layer {layer.Layer}: the router has a weight that is no finite number.");
        }
    }
}

/// <summary>How the attention of one layer is split.</summary>
public sealed record AttentionLayerSplit
{
    /// <summary>Number of the layer, from 0.</summary>
    public required int Layer { get; init; }

    /// <summary>What the combine weights are multiplied by. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Router weights [E, D] as little-endian float32, row by row (base64 in JSON); null: drawn from the plan's seed.</summary>
    public byte[]? Router { get; init; }

    /// <summary>
    /// Of the experts that the router chose on the calibration tokens, the fraction that is among as many that add most; null when not measured.
    /// </summary>
    public double? Agreement { get; init; }

    /// <summary>|y − experts(x)|² / |y|² with the fitted scale: 0 is exact; null when not measured.</summary>
    public double? Error { get; init; }

    /// <summary>The router weights as numbers; empty when the plan gives none.</summary>
    [JsonIgnore]
    public ReadOnlySpan<float> RouterRows => MemoryMarshal.Cast<byte, float>(Router);
}
