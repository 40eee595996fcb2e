using System.Text.Json;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Engine.Images;
using WebLab.Engine.Jobs;
using WebLab.Engine.Lab;
using WebLab.Engine.Methods;
using WebLab.Engine.Tests.Training;
using WebLab.Engine.Torch;
using WebLab.Engine.Training;

namespace WebLab.Engine.Tests.Lab;

public sealed class TheatreTests : IDisposable
{
    private readonly SmallRun _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_network_that_sees_a_crop_is_shown_the_middle()
    {
        var recipe = SmallRun.Recipe(new StandardOptions(), epochs: 1);
        Assert.Equal(ExitCode.Done, _runs.Train("crop", recipe with { Data = recipe.Data with { Crop = 16 } }));
        using var model = TrainedModel.Open(new Checkpoints(_runs.Folder("crop").Checkpoints).Find(Kept.Last), Device.Cpu);
        // 32 x 32 as the set stores them and 40 x 24 of another: grey with a white middle of 16 x 16.
        LabImage[] images = [Image("a", 32, 32), Image("b", 40, 24)];
        var result = Play(model, images);
        foreach (var item in result.Items)
        {
            var seen = PngFile.Decode(File.ReadAllBytes(Path.Combine(_runs.Data, item.Seen)), ImageLimits.Default);
            Assert.Equal((16, 16), (seen.Width, seen.Height));
            Assert.All(seen.Pixels, v => Assert.Equal(255, v));
        }

        Assert.Contains("16 exceeds the 32 x 12 pixels of c", Assert.Throws<ArgumentException>(() => Play(model, [Image("c", 32, 12)])).Message);
    }

    private LabResult Play(TrainedModel model, LabImage[] images) => new Theatre(model, Device.Cpu, _ => { })
        .Play(new LabAttack("", JsonSerializer.SerializeToElement<AttackOptions>(new NoiseOptions(), OptionsJson.Canonical), images, _runs.Data, 0, 10));

    private LabImage Image(string name, int height, int width)
    {
        var pixels = Enumerable.Repeat((byte)128, 3 * height * width).ToArray();
        for (var c = 0; c < 3; c++)
            for (var y = Math.Max(0, (height - 16) / 2); y < Math.Min(height, (height + 16) / 2); y++)
                for (var x = Math.Max(0, (width - 16) / 2); x < Math.Min(width, (width + 16) / 2); x++)
                    pixels[(c * height + y) * width + x] = 255;
        var file = Path.Combine(_runs.Data, name);
        File.WriteAllBytes(file, pixels);
        return new LabImage(file, 3, height, width);
    }
}
