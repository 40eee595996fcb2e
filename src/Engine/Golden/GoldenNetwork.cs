using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Engine.Catalog;
using WebLab.Engine.Methods;
using WebLab.Engine.Nets;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Golden;

/// <summary>Builds the network of a case from the catalog, in float64.</summary>
internal static class GoldenNetwork
{
    /// <summary>Architecture and options as the case names them; values are not set yet.</summary>
    /// <param name="network">As the case describes it.</param>
    /// <param name="device">Where it shall live.</param>
    /// <param name="method">What it must fit; null: as many banks as the case says.</param>
    public static Network Build(JsonObject network, Device device, MethodOptions? method = null)
    {
        var name = (string?)(network["arch"] ?? network["kind"]) ?? throw new InvalidDataException("the case names no network");
        // Depth 50 means the ImageNet stem in these cases; the catalog's default is the stem for small images.
        var options = new JsonObject { ["kind"] = name };
        foreach (var field in new[] { "depth", "widen" })
            if (network[field] is { } value) options[field] = value.DeepClone();
        if (name == "resnet50") options["stem"] = "imagenet";
        if (name == "efficientnet-b0" && network["bnEps"] is { } eps) options["bnEps"] = eps.DeepClone();
        if (Kinds.Architectures.Find(name) is null) throw new NotSupportedException($"architecture '{name}' is not in the catalog");
        var plain = new NetShape(3, (int)network["classes"]!, Numbers("mean"), Numbers("std"), (int?)network["banks"] ?? 1);
        var built = options.Deserialize<ArchitectureOptions>(OptionsJson.Canonical)!.Build(method?.Fit(plain) ?? plain);
        built.To(device, DType.Float64);
        return built;

        double[]? Numbers(string field) => network[field] is JsonArray list ? [.. list.Select(n => (double)n!)] : null;
    }

    /// <summary>The network with the weights that the case holds.</summary>
    public static Network Loaded(GoldenCase golden, MethodOptions? method = null)
    {
        var network = Build(golden.Part("network"), golden.Device, method);
        network.Load(golden.Under("net."));
        return network;
    }
}
