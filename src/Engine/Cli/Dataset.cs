using System.CommandLine;
using System.Globalization;
using WebLab.Engine.Data;

namespace WebLab.Engine.Cli;

/// <summary><c>weblab dataset make|import|list|check</c>.</summary>
public static class Dataset
{
    private const double Gigabyte = 1 << 30;

    private static readonly Option<string> Data = new("--data")
    {
        Description = "The data directory; WEBLAB_DATA or ./data where absent.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WEBLAB_DATA") is { Length: > 0 } set ? set : "data",
        Recursive = true,
    };

    private static readonly Option<string?> Name = new("--name") { Description = "Name for people; the id where absent." };

    public static Command Verb() => new("dataset", "Make, import, list and check data sets.") { Data, Make(), Import(), List(), Check() };

    private static Command Make()
    {
        var kind = new Argument<string>("kind") { Description = "What to draw: shapes32." };
        kind.AcceptOnlyFromAmong(Shapes32.Id);
        var id = new Option<string>("--id") { Description = "Id of the data set.", DefaultValueFactory = _ => Shapes32.Id };
        var train = new Option<int>("--train") { Description = "Training images.", DefaultValueFactory = _ => Shapes32.DefaultTrain };
        var test = new Option<int>("--test") { Description = "Test images.", DefaultValueFactory = _ => Shapes32.DefaultTest };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the drawing." };
        var make = new Command("make", "Draw a built-in data set; needs no download.") { kind, id, Name, train, test, seed };
        make.SetAction(parsed => Done(parsed.GetValue(Data)!, null, new ImportRequest(Shapes32.Id, parsed.GetValue(id)!, parsed.GetValue(Name) ?? Shapes32.Title,
            Train: parsed.GetValue(train), Test: parsed.GetValue(test), Seed: parsed.GetValue(seed))));
        return make;
    }

    private static Command Import()
    {
        var kind = new Argument<string>("kind") { Description = string.Join(" ", ImportRequest.OfFiles.Select(k => $"{k.Key}: {k.Value}")) };
        kind.AcceptOnlyFromAmong([.. ImportRequest.OfFiles.Select(k => k.Key)]);
        var path = new Argument<string?>("path") { Description = "The folder or archive; without it the official files are fetched.", Arity = ArgumentArity.ZeroOrOne };
        var id = new Option<string?>("--id") { Description = "Id of the data set; the kind where absent, except that auto has none." };
        var size = new Option<int>("--size") { Description = "folders: side of the images in pixels.", DefaultValueFactory = _ => 64 };
        var channels = new Option<int>("--channels") { Description = "idx: 1 keeps images grey, 3 repeats the plane.", DefaultValueFactory = _ => 1 };
        var extra = new Option<bool>("--extra") { Description = "svhn: also train on the images of extra_32x32.mat." };
        var testOnly = new Option<bool>("--test-only") { Description = "folders: take no training images; networks that know the classes can be evaluated on them (ImageNet-A, ImageNet-R, Stylized-ImageNet)." };
        var gigabytes = new Option<double>("--max-gb") { Description = "Most gigabytes of the archive, unpacked and packed, each; more for ImageNet.", DefaultValueFactory = _ => DatasetLimits.Default.Bytes / Gigabyte };
        var most = new Option<int>("--max-files") { Description = "Most files; more for ImageNet.", DefaultValueFactory = _ => DatasetLimits.Default.Files };
        var import = new Command("import", "Pack images into a data set: all of it or nothing.") { kind, path, id, Name, size, channels, extra, testOnly, gigabytes, most };
        import.Validators.Add(given =>
        {
            if (given.GetValue(kind) == ImportRequest.Auto && given.GetValue(id) is null) given.AddError("--id: missing; auto names no data set");
        });
        import.SetAction(parsed => Done(parsed.GetValue(Data)!, parsed.GetValue(path), new ImportRequest(parsed.GetValue(kind)!,
            parsed.GetValue(id) ?? parsed.GetValue(kind)!, parsed.GetValue(Name), Size: parsed.GetValue(size), Channels: parsed.GetValue(channels),
            Extra: parsed.GetValue(extra), TestOnly: parsed.GetValue(testOnly)),
            DatasetLimits.Default with { Bytes = (long)(parsed.GetValue(gigabytes) * Gigabyte), Files = parsed.GetValue(most) }));
        return import;
    }

    private static Command List()
    {
        var list = new Command("list", "Show the data sets of the data directory, newest version first.");
        list.SetAction(parsed =>
        {
            foreach (var manifest in DatasetShelf.In(parsed.GetValue(Data)!).List()) Console.WriteLine(Line(manifest));
            return 0;
        });
        return list;
    }

    private static Command Check()
    {
        var id = new Argument<string>("id") { Description = "The data set." };
        var check = new Command("check", "Compare every file of the newest version with its SHA-256.") { id };
        check.SetAction(parsed =>
        {
            try
            {
                using var packed = DatasetShelf.In(parsed.GetValue(Data)!).Open(parsed.GetValue(id)!, verify: true);
                Console.WriteLine($"{Line(packed.Manifest)}  unchanged");
                return 0;
            }
            catch (Jobs.JobFailure e)
            {
                Console.Error.WriteLine($"{e.Code}: {e.Message}");
                return 1;
            }
        });
        return check;
    }

    private static int Done(string data, string? path, ImportRequest request, DatasetLimits? limits = null)
    {
        var shelf = DatasetShelf.In(data);
        var scratch = Path.Combine(Directory.CreateDirectory(shelf.Folder).FullName, $".scratch-{Environment.ProcessId}");
        try
        {
            using var reader = request.Open(path, scratch, limits ?? DatasetLimits.Default, Progress);
            var manifest = Importer.Import(shelf.Folder, request.Id, request.Name ?? request.Id, reader, TimeProvider.System, limits, p => Progress("pack", p));
            foreach (var rejected in manifest.Rejected) Console.Error.WriteLine($"left out {rejected.Name}: {rejected.Reason}");
            if (manifest.RejectedCount > manifest.Rejected.Count) Console.Error.WriteLine($"... and {manifest.RejectedCount - manifest.Rejected.Count} more");
            Console.WriteLine(Line(manifest));
            return 0;
        }
        catch (DatasetRefused e)
        {
            Console.Error.WriteLine($"{e.Code}: {e.Message}");
            return 1;
        }
        finally
        {
            if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        }
    }

    private static void Progress(string phase, ReadProgress p)
    {
        const int often = 5_000;
        if (phase == "pack" && p.Done % often == 0) Console.Error.WriteLine($"packed {p.Done} of {p.Total}");
        else if (phase == "unpack") Console.Error.WriteLine("reading the files");
    }

    private static string Line(DatasetManifest m) => string.Create(CultureInfo.InvariantCulture,
        $"{m.Id}  {m.Version}  {m.Shape}  {m.Classes.Count} classes  {m.Train.Count} train  {m.Test.Count} test  {m.Bytes / 1e6:0.0} MB  {m.Name}");
}
