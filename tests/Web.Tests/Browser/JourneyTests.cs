using System.IO.Compression;
using Microsoft.Playwright;
using WebLab.Engine.Images;

namespace WebLab.Web.Tests.Browser;

[Collection(Workshop.Name)]
public sealed class JourneyTests(Stage stage)
{
    private const float Long = 180_000;

    [Fact]
    public async Task The_form_names_a_wrong_step_size_at_its_field()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments/new?preset=shapes32-pgd-at");

        await visit.Page.Locator("#f-method-attack-stepSize").FillAsync("0.25");

        await Assertions.Expect(visit.Page.Locator("#section-method .complaint").First).ToContainTextAsync("2");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToBeDisabledAsync();
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task A_method_is_chosen_from_the_comparison_and_an_unfit_network_is_named()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/experiments/new?preset=shapes32-pgd-at");

        await page.Locator("#section-method").GetByText("Compare all").ClickAsync();
        await page.Locator("#section-method").GetByRole(AriaRole.Button, new() { Name = "AGAIN", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#f-method")).ToHaveValueAsync("again");
        await Assertions.Expect(page.Locator("#section-method")).ToContainTextAsync("the work of standard training");

        await page.Locator("#f-model").SelectOptionAsync("smallcnn");
        await Assertions.Expect(page.Locator("#section-method .complaint").First).ToContainTextAsync("which 'smallcnn' lacks");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true })).ToBeDisabledAsync();
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task A_draft_outlives_the_page()
    {
        await using var visit = await stage.Visit();
        await visit.Open("/experiments/new");
        await visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Question" }).FillAsync("does it last?");
        await Assertions.Expect(visit.Page.GetByText("Draft kept in this browser")).ToBeVisibleAsync();

        await visit.Open("/queue");
        await visit.Open("/experiments/new");

        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Textbox, new() { Name = "Question" })).ToHaveValueAsync("does it last?");
    }

    [Fact]
    public async Task An_archive_of_class_folders_is_uploaded_and_imported()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/datasets");
        // Files are set without looking whether somebody could.
        await Assertions.Expect(page.GetByLabel("Archive")).ToBeEnabledAsync();
        await page.GetByLabel("Archive").SetInputFilesAsync(new FilePayload { Name = "Two Colours.zip", MimeType = "application/zip", Buffer = Archive() });
        await Assertions.Expect(page.GetByLabel("Id", new() { Exact = true })).ToHaveValueAsync("two-colours");
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload and import" }).ClickAsync();

        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Completed", new() { Timeout = Long });

        await visit.Open("/datasets/two-colours");
        await Assertions.Expect(page.GetByText("blue").First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Corruptions", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "All corruptions of one image" }).ClickAsync();
        await Assertions.Expect(page.Locator(".corrupted tbody tr")).ToHaveCountAsync(19);
        var fog = page.GetByRole(AriaRole.Img, new() { NameRegex = new(@", Fog of severity 5$") });
        await fog.ScrollIntoViewIfNeededAsync();
        await Assertions.Expect(fog).ToHaveJSPropertyAsync("naturalWidth", 32);
        Assert.Empty(await Axe.Barriers(page));
        await page.SetViewportSizeAsync(360, 900);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= 360, "the page scrolls sideways");
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task A_refused_upload_says_why_and_can_be_tried_again()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/datasets");
        // Files are set without looking whether somebody could.
        await Assertions.Expect(page.GetByLabel("Archive")).ToBeEnabledAsync();
        await page.GetByLabel("Archive").SetInputFilesAsync(new FilePayload { Name = "two.zip", MimeType = "application/zip", Buffer = Archive() });
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(new string('n', 201));
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload and import" }).ClickAsync();

        await Assertions.Expect(page.GetByText("name: got 201 characters, wanted at most 200")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Upload and import" })).ToBeEnabledAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Progressbar, new() { Name = "Upload" })).ToBeHiddenAsync();
    }

    [Fact]
    public async Task An_experiment_is_made_watched_paused_resumed_and_cancelled()
    {
        await using var visit = await stage.Visit();
        var page = visit.Page;
        await visit.Open("/experiments/new?preset=shapes32-standard");
        await page.Locator("#f-data-trainLimit").FillAsync("640");
        await page.Locator("#f-training-epochs").FillAsync("2000");
        await visit.Picture("experiment-1-made");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        await page.WaitForURLAsync("**/runs/*");
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Running", new() { Timeout = Long });
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new(@"Training loss over step\. loss \d") })).ToBeVisibleAsync(new() { Timeout = Long });
        await page.GetByRole(AriaRole.Button, new() { Name = "Show Training loss as table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Training loss as table" }).Locator("tbody tr").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "log axis of Training loss" }).ClickAsync();
        await page.WaitForURLAsync("**?log=loss");
        await visit.Picture("experiment-2-watched");
        await page.GetByRole(AriaRole.Link, new() { Name = "Log", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("queued → starting").First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Paused", new() { Timeout = Long });
        await visit.Picture("experiment-3-paused");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Running", new() { Timeout = Long });

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();

        await Assertions.Expect(page.Locator(".head .status")).ToContainTextAsync("Cancelled", new() { Timeout = Long });
        Assert.Empty(visit.Complaints);
    }

    // Sixteen plain images in two class folders.
    private static byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create))
            foreach (var (name, red) in new[] { ("red", true), ("blue", false) })
                for (var k = 0; k < 8; k++)
                {
                    var pixels = Enumerable.Range(0, 64).SelectMany(_ => new[] { (byte)(red ? 200 + k : k), (byte)0, (byte)(red ? 0 : 200) });
                    using var entry = zip.CreateEntry($"{name}/{k}.png").Open();
                    entry.Write(PngFile.Encode(new RgbImage(8, 8, [.. pixels])));
                }
        return bytes.ToArray();
    }
}
