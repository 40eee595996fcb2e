using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using WebLab.Engine.Images;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class DatasetJourneyTests(Stage stage)
{
    private const float Long = 180_000;

    [Fact]
    public async Task Own_images_are_uploaded_examined_and_trained_on()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/datasets");
        await Assertions.Expect(page.GetByLabel("Archive")).ToBeEnabledAsync();
        await page.GetByLabel("Archive").SetInputFilesAsync(new FilePayload { Name = "Own Images.zip", MimeType = "application/zip", Buffer = Archive() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload and import" }).ClickAsync();
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = Long });

        await visit.Open("/datasets/own-images");
        await Assertions.Expect(page.GetByText("2 classes of 24 training images")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show class balance as table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Images per class" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await visit.Picture("own-images-1-facts");
        await Looks(page);

        await Tab(page, "Images");
        await page.GetByLabel("Go to image").FillAsync("30");
        await page.GetByLabel("Go to image").PressAsync("Enter");
        await Assertions.Expect(page.Locator("figure.chosen img")).ToHaveAttributeAsync("alt", new Regex("^Image 30 of class"));
        await page.GetByRole(AriaRole.Button, new() { Name = "A row a class" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("^The first 12 images of class") })).ToHaveCountAsync(2);
        await Looks(page);

        await Tab(page, "Duplicates");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find duplicates" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1 of 16 test images has its like in the training split")).ToBeVisibleAsync(new() { Timeout = Long });
        await Assertions.Expect(page.Locator(".twin").First).ToContainTextAsync("equal");
        await visit.Picture("own-images-2-duplicates");
        await Looks(page);

        await Tab(page, "Augmentation");
        var drawn = page.GetByRole(AriaRole.Img, new() { NameRegex = new(" in epoch 1$") }).First;
        await Assertions.Expect(drawn).ToBeVisibleAsync(new() { Timeout = Long });
        var before = await drawn.GetAttributeAsync("src");
        await page.GetByRole(AriaRole.Button, new() { Name = "Roll" }).ClickAsync();
        await Assertions.Expect(drawn).Not.ToHaveAttributeAsync("src", before!);
        await page.WaitForURLAsync("**seed=*");
        await Looks(page);

        await Tab(page, "Corruptions");
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new("of severity 5$") })).ToHaveCountAsync(8);
        await visit.Picture("own-images-3-corruptions");
        await Looks(page);

        await page.GetByRole(AriaRole.Link, new() { Name = "Train on it" }).ClickAsync();
        await Assertions.Expect(page.Locator("#f-data-id")).ToHaveValueAsync("own-images");
        await page.Locator("#f-training-epochs").FillAsync("1");
        await page.Locator("#f-training-batchSize").FillAsync("16");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = Long });
        await visit.Picture("own-images-4-trained");
        Assert.Empty(visit.Complaints);
    }

    private static async Task Tab(IPage page, string name)
    {
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Data set" }).GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await page.WaitForURLAsync($"**tab={name.ToLowerInvariant()}**");
    }

    // No barrier, and nothing that scrolls sideways on a phone.
    private static async Task Looks(IPage page)
    {
        Assert.Empty(await Axe.Barriers(page));
        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, $"{page.Url} scrolls sideways");
        await page.SetViewportSizeAsync(1440, 900);
    }

    // Two classes of drawn pictures; one test image is also a training image.
    private static byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create))
            foreach (var (split, count, first) in new[] { ("train", 24, 0), ("test", 8, 1000) })
                foreach (var discs in new[] { true, false })
                    for (var k = 0; k < count; k++)
                    {
                        var number = split == "test" && discs && k == 0 ? 5 : first + k;
                        using var entry = zip.CreateEntry($"{split}/{(discs ? "discs" : "waves")}/{k}.png").Open();
                        entry.Write(PngFile.Encode(Picture(number, discs)));
                    }
        return bytes.ToArray();
    }

    private static RgbImage Picture(int number, bool discs)
    {
        double Draw(int what) => Math.Abs(Math.Sin((number * 12.9898) + (what * 78.233)) * 43758.5453) % 1;
        var pixels = new byte[32 * 32 * 3];
        for (var y = 0; y < 32; y++)
            for (var x = 0; x < 32; x++)
                for (var c = 0; c < 3; c++)
                {
                    var wave = 60 * Math.Sin((Draw(1) * x) + (Draw(2) * y) + (6.3 * Draw(3)));
                    var inside = Math.Pow(x - 8 - (16 * Draw(4)), 2) + Math.Pow(y - 8 - (16 * Draw(5)), 2) < 30 + (60 * Draw(6));
                    pixels[(((y * 32) + x) * 3) + c] = (byte)Math.Clamp((discs ? (inside ? 220 - (60 * c * Draw(7)) : 40 + (30 * Draw(8))) : 128) + (wave * (discs ? 0.3 : 1)), 0, 255);
                }
        return new RgbImage(32, 32, pixels);
    }
}
