using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using WebLab.Api.Accounts;
using WebLab.Api.Experiments;
using WebLab.Api.Http;
using WebLab.Api.Sweeps;
using WebLab.Engine.Data;
using WebLab.Engine.Recipes;

namespace WebLab.Web.Sweeps;

/// <summary>The form of a sweep: a recipe, the fields that vary, and what it would cost.</summary>
public sealed partial class NewSweepPage
{
    private const string DraftKey = "weblab.draft.sweep";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private readonly CancellationTokenSource _gone = new();
    private readonly List<AxisDraft> _axes = [new()];
    private CancellationTokenSource? _checking;
    private IReadOnlyList<RecipeField> _fields = [];
    private JsonObject? _recipe;
    private ExperimentDetail? _parent;
    private SweepPreview? _preview;
    private string? _preset;
    private string? _name;
    private string? _question;
    private string? _refused;
    private string _points = "10";
    private string _draw = "0";
    private string _seeds = "0";
    private bool _random;
    private bool _busy;

    /// <summary>Experiment whose recipe is varied.</summary>
    [SupplyParameterFromQuery(Name = "from")] public string? From { get; set; }

    private IReadOnlyList<AxisDraft> Chosen => [.. _axes.Where(a => a.Path.Length > 0)];

    private IReadOnlyList<RecipeFinding> Errors => Chosen.Count == 0 ? [] : [.. _preview?.Errors ?? [], .. Seeds is null ? [new RecipeFinding("seeds", "wanted whole numbers of 0 or more, each once")] : Array.Empty<RecipeFinding>()];

    private bool Ready => _preview is { Valid: true } && Seeds is not null && Chosen.Count > 0;

    private string Suggested => Chosen.Count == 0 ? "" : string.Join(" × ", Chosen.Select(a => a.Path.Split('.')[^1]));

    private IReadOnlyList<int>? Seeds
    {
        get
        {
            var seeds = _seeds.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries).Select(w => int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : -1).ToList();
            return seeds.Count > 0 && !seeds.Contains(-1) && seeds.Distinct().Count() == seeds.Count ? seeds : null;
        }
    }

    protected override async Task OnInitializedAsync()
    {
        if (From is not null)
        {
            try
            {
                _parent = await Experiments.Get(From, _gone.Token);
                Use(_parent.Recipe);
                return;
            }
            catch (Refusal e)
            {
                _refused = e.Message;
            }
        }

        Begin((Presets.All.FirstOrDefault(p => p.Recipe.Data.Id == Shapes32.Id) ?? Presets.All[0]).Id);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        if (await Script.InvokeAsync<string?>("weblab.kept", $"{DraftKey}.{From}") is { } kept) Restore(kept);
        StateHasChanged();
    }

    public void Dispose()
    {
        _gone.Cancel();
        _checking?.Dispose();
    }

    private void Begin(string? preset)
    {
        if (Presets.Find(preset ?? "") is not { } chosen) return;
        _preset = chosen.Id;
        Use(JsonNode.Parse(RecipeJson.Canonical(chosen.Recipe))!);
        Touched();
    }

    private void Use(JsonNode recipe)
    {
        _recipe = JsonNode.Parse(RecipeJson.Read(recipe).Recipe is { } sound ? RecipeJson.Canonical(sound) : recipe.ToJsonString())!.AsObject();
        _fields = AxisDraft.Fields(_recipe);
        _axes.RemoveAll(a => a.Path.Length > 0 && _fields.All(f => f.Path != a.Path));
    }

    private void Add()
    {
        _axes.Add(new AxisDraft());
        Touched();
    }

    private void Remove(int index)
    {
        _axes.RemoveAt(index);
        Touched();
    }

    // What needs the store waits for a pause in typing.
    private void Touched() => _ = AfterPause();

    private async Task AfterPause()
    {
        _checking?.Cancel();
        _checking?.Dispose();
        _checking = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        var cancel = _checking.Token;
        try
        {
            await InvokeAsync(StateHasChanged);
            await Task.Delay(Pause, Time, cancel);
            _preview = Chosen.Count > 0 ? await Sweeps.Preview(Wanted(true), cancel) : null;
            await InvokeAsync(StateHasChanged);
            await Script.InvokeVoidAsync("weblab.keep", cancel, $"{DraftKey}.{From}", JsonSerializer.Serialize(new Draft(_preset, _name, _question, _random, _points, _draw, _seeds, _axes)));
        }
        catch (Exception e) when (e is OperationCanceledException or JSDisconnectedException or InvalidOperationException or ObjectDisposedException)
        {
            // Something newer was typed, or nobody is looking.
        }
    }

    private NewSweep Wanted(bool start) => new(_recipe!.DeepClone(), [.. Chosen.Select(a => a.ToAxis(_fields.FirstOrDefault(f => f.Path == a.Path)?.Field))],
        _random ? SweepKind.Random : SweepKind.Grid, _random ? Number(_points) : 0, Number(_draw), string.IsNullOrWhiteSpace(_name) ? null : _name, string.IsNullOrWhiteSpace(_question) ? null : _question,
        Seeds: Seeds, Start: start, ParentId: _parent?.Id);

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private async Task Create(bool start)
    {
        (_busy, _refused) = (true, null);
        try
        {
            var actor = await Visitor.Require(Access.Write);
            var made = await Sweeps.Create(Wanted(start), actor.Name, _gone.Token);
            await Script.InvokeVoidAsync("weblab.keep", $"{DraftKey}.{From}", null);
            Navigation.NavigateTo($"sweeps/{made.Id}");
        }
        catch (Refusal e)
        {
            _refused = e.Message;
        }
        finally
        {
            _busy = false;
        }
    }

    private void Restore(string kept)
    {
        try
        {
            if (JsonSerializer.Deserialize<Draft>(kept) is not { } draft) return;
            if (From is null && draft.Preset is not null) Begin(draft.Preset);
            (_name, _question, _random, _points, _draw, _seeds) = (draft.Name, draft.Question, draft.Random, draft.Points, draft.Draw, draft.Seeds);
            _axes.Clear();
            _axes.AddRange(draft.Axes.Where(a => a.Path.Length == 0 || _fields.Any(f => f.Path == a.Path)));
            Touched();
        }
        catch (JsonException)
        {
            // A draft of an older version: the form begins empty.
        }
    }

    private sealed record Draft(string? Preset, string? Name, string? Question, bool Random, string Points, string Draw, string Seeds, List<AxisDraft> Axes);
}
