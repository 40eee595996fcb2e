using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Data;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab dataset make|list</c>.</summary>
public static class Dataset
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "The data directory; WEBLAB_DATA or ./data where absent.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WEBLAB_DATA") is { Length: > 0 } set ? set : "data",
    };

    public static Command Verb()
    {
        var verb = new Command("dataset", "Make, import and list data sets.") { Data };
        Data.Recursive = true;
        verb.Add(Make());
        verb.Add(List());
        return verb;
    }

    private static Command Make()
    {
        var train = new Option<int>("--train") { Description = "Training images.", DefaultValueFactory = _ => Shapes32.DefaultTrain };
        var test = new Option<int>("--test") { Description = "Test images.", DefaultValueFactory = _ => Shapes32.DefaultTest };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the drawing." };
        var id = new Option<string>("--id") { Description = "Id of the new data set.", DefaultValueFactory = _ => Shapes32.Id };
        var kind = new Argument<string>("kind") { Description = "What to draw: shapes32." };
        kind.AcceptOnlyFromAmong(Shapes32.Id);
        var make = new Command("make", "Draw a built-in data set; needs no download.") { kind, train, test, seed, id };
        make.SetAction(parsed => Done(() =>
        {
            using var reader = new Shapes32(parsed.GetValue(train), parsed.GetValue(test), parsed.GetValue(seed));
            return Importer.Import(DatasetShelf.In(parsed.GetValue(Data)!).Folder, parsed.GetValue(id)!, Shapes32.Title, reader, TimeProvider.System);
        }));
        return make;
    }

    private static Command List()
    {
        var list = new Command("list", "Show the data sets of the data directory.");
        list.SetAction(parsed =>
        {
            foreach (var manifest in DatasetShelf.In(parsed.GetValue(Data)!).List()) Console.WriteLine(Line(manifest));
            return 0;
        });
        return list;
    }

    private static int Done(Func<DatasetManifest> work)
    {
        try
        {
            Console.WriteLine(Line(work()));
            return 0;
        }
        catch (DatasetRefused e)
        {
            Console.Error.WriteLine($"{e.Code}: {e.Message}");
            return 1;
        }
    }

    private static string Line(DatasetManifest m) => string.Create(CultureInfo.InvariantCulture,
        $"{m.Id}  {m.Version}  {m.Shape}  {m.Classes.Count} classes  {m.Train.Count} train  {m.Test.Count} test  {m.Bytes / 1e6:0.0} MB  {m.Name}");
}
