using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Evaluations;
using WebLab.Api.Models;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Data;
using WebLab.Engine.Evaluations;
using WebLab.Web.Recipes;

namespace WebLab.Web.Evaluations;

/// <summary>A battery to start from, with what it is for.</summary>
public sealed record BatteryCard(string Id, string Title, string Words);

/// <summary>An evaluation while it is being written: network, images, battery, and the radius that all follow.</summary>
public sealed class EvaluationDraft
{
    private const string Usual = "8/255";

    public static readonly IReadOnlyList<BatteryCard> Cards =
    [
        new(Batteries.Quick, "Quick", "FGSM, then CW-inf, APGD and APGD-T with 20 steps, on 1,000 images: a good upper bound within minutes, not a figure to publish."),
        new(Batteries.Standard, "Standard", "PGD-20, then PGD-100 with two restarts, on all images: what most papers' tables call PGD."),
        new(Batteries.AutoAttack, "AutoAttack", "APGD-CE, APGD-T, FAB-T and Square on all images: the figure that robustness is compared by. Slow."),
    ];

    public OptionsSheet Sheet { get; } = new(typeof(EvaluationRequest), JsonSerializer.SerializeToNode(new EvaluationRequest { Checkpoint = "", Data = Shapes32.Id }, OptionsJson.Canonical)!.AsObject());

    /// <summary>The network that is evaluated.</summary>
    public CheckpointSummary? Network { get; private set; }

    /// <summary>The battery that was taken last.</summary>
    public string? Preset { get; private set; }

    /// <summary>Radius of all attacks, as it is typed.</summary>
    public string Radius { get; set; } = Usual;

    public string? Name { get; set; }

    /// <summary>The request, where nothing is wrong with it.</summary>
    public EvaluationRequest? Request => Sheet.Value as EvaluationRequest;

    /// <summary>Id of the data set.</summary>
    public string Data => OptionsSheet.Text(Sheet.Root["data"]);

    public bool HasRadius => Budget.TryParse(Radius, out _);

    /// <summary>What it is called where nobody says otherwise.</summary>
    public string Suggested => Network is { } n ? $"{(Sheet.Root["attacks"] is JsonArray { Count: > 0 } attacks ? Title(attacks) : "clean accuracy")} on {n.RunName}, epoch {n.Epoch}" : "";

    /// <summary>A field of the request.</summary>
    public static Field Of(string name) => Field.Of(typeof(EvaluationRequest)).Single(f => f.Name == name);

    /// <summary>Chooses the network, with its own data set where that is here. Robustness is asked for at the radius that it was trained or probed at.</summary>
    /// <param name="recipe">Of its run.</param>
    /// <param name="datasets">Ids of those that are here.</param>
    public void Choose(CheckpointSummary network, JsonNode recipe, IEnumerable<string> datasets)
    {
        Network = network;
        Sheet.Set(Sheet.Root, "checkpoint", network.Id);
        if (network.DatasetId is { } set && datasets.Contains(set)) Sheet.Set(Sheet.Root, "data", set);
        var eps = (string?)recipe["method"]?["attack"]?["eps"] ?? (string?)recipe["probe"]?["attack"]?["eps"] ?? Usual;
        if (eps == Radius || !Budget.TryParse(eps, out _)) return;
        Radius = eps;
        if (Preset is { } preset) Take(preset);
    }

    /// <summary>Takes a battery's attacks. Published settings keep their own radius.</summary>
    public void Take(string preset)
    {
        if (Batteries.Find(preset) is not { } attacks) return;
        Sheet.Root["limit"] = preset == Batteries.Quick ? Batteries.QuickSamples : null;
        Sheet.Set(Sheet.Root, "attacks", attacks);
        if (Cards.Any(c => c.Id == preset)) Spread();
        Preset = preset;
    }

    /// <summary>Takes up what an evaluation was asked for.</summary>
    /// <returns>Whether it could be read.</returns>
    public bool Repeat(JsonObject request)
    {
        request["checkpoint"] = Network?.Id;
        if (!Sheet.TryReplace(request.ToJsonString())) return false;
        if (request["attacks"]?.AsArray().Select(a => (string?)a?["eps"]).FirstOrDefault(e => e is not null) is { } eps) Radius = eps;
        return true;
    }

    /// <summary>Gives the radius to all attacks; steps follow it: a quarter of it, the usual choice.</summary>
    public void Spread()
    {
        if (!Budget.TryParse(Radius, out _) || Sheet.Root["attacks"] is not JsonArray attacks) return;
        var (text, now) = (Radius.Trim(), attacks.DeepClone().AsArray());
        foreach (var attack in now.OfType<JsonObject>().Where(a => a["eps"] is not null || Default(a) is BudgetedOptions))
        {
            attack["eps"] = text;
            if (text != Usual && Default(attack) is SteppedOptions) attack["stepSize"] = Times(0.25);
        }

        Sheet.Set(Sheet.Root, "attacks", now);
    }

    /// <summary>Asks for accuracy over nine radii: quarters of the radius, up to twice.</summary>
    public void FillCurve()
    {
        if (!Budget.TryParse(Radius, out var radius) || radius.Value == 0) return;
        var norm = Sheet.Root["attacks"]?.AsArray().Select(a => (string?)a?["norm"]).FirstOrDefault(n => n is not null);
        if (norm is not null && Sheet.Root["curveAttack"]?["norm"] is not null) Sheet.Root["curveAttack"]!["norm"] = norm;
        Sheet.Set(Sheet.Root, "curve", new JsonArray([.. Enumerable.Range(0, 9).Select(q => (JsonNode)(q == 0 ? "0" : Times(q / 4.0)))]));
    }

    /// <summary>What is sent.</summary>
    public NewEvaluation ToNew(EvaluationRequest r) => new(Network!.Id, Attacks: JsonSerializer.SerializeToNode(r.Attacks, OptionsJson.Canonical)!.AsArray(),
        Data: r.Data == Network.DatasetId ? null : r.Data, Version: r.Version, Split: r.Split.ToString().ToLowerInvariant(), Samples: r.Limit, Seed: r.Seed,
        BatchSize: r.BatchSize, Name: string.IsNullOrWhiteSpace(Name) ? Suggested : Name, BankWeight: r.BankWeight, Group: r.Group, Device: r.Device,
        Mode: r.Mode.ToString().ToLowerInvariant(), Precision: r.Precision.ToString().ToLowerInvariant(), KeepImages: r.KeepImages,
        Corruptions: r.Corruptions, Severities: r.Severities, CorruptionBaseline: r.CorruptionBaseline,
        Curve: r.Curve.Count == 0 ? null : [.. r.Curve.Select(c => $"{c}")], CurveAttack: r.Curve.Count == 0 ? null : JsonSerializer.SerializeToNode(r.CurveAttack, OptionsJson.Canonical)!.AsObject());

    private string Title(JsonArray attacks) => Preset ?? string.Join(", ", attacks.Select(a => AttackWords.Of(a).Split(", ")[0]).Distinct());

    private static Options? Default(JsonObject attack) => Kinds.Attacks.Find(OptionsSheet.Text(attack["kind"]))?.Default();

    // A share of the radius, written as the radius is.
    private string Times(double share)
    {
        var (text, radius) = (Radius.Trim(), Budget.Parse(Radius).Value);
        return text.EndsWith("/255", StringComparison.Ordinal) ? $"{(radius * 255 * share).ToString("0.##", CultureInfo.InvariantCulture)}/255" : (radius * share).ToString("0.#####", CultureInfo.InvariantCulture);
    }
}
