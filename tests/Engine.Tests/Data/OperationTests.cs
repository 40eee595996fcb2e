using System.Globalization;
using System.Runtime.CompilerServices;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Torch;
using Operations = WebLab.Engine.Data.Augmentations.Operation;

namespace WebLab.Engine.Tests.Data;

/// <summary>Operations of the policies against the Python Imaging Library 9.4.0: Pillow/cases.txt, written by Pillow/make.py.</summary>
public sealed class OperationTests
{
    private const int Fill = 128;

    private static readonly Dictionary<string, (int Width, int Height, Func<int, int, int, int> Level)> Images = new()
    {
        ["rough"] = (8, 8, (x, y, c) => ((x * 37) + (y * 101) + (c * 53) + (x * y * 11)) % 256),
        ["smooth"] = (9, 13, (x, y, c) => 40 + (x * 9) + (y * 5) - (c * 7)),
        ["flat"] = (4, 4, (_, _, c) => 90 + (c * 30)),
        ["few"] = (20, 15, (x, y, c) => ((x * x) + (y * 3) + (c * 40)) % 256),
        ["many"] = (32, 24, (x, y, c) => ((x * y / (c + 2)) + (20 * c)) % 200),
    };

    private sealed record Case(string Image, string Operation, double Argument, byte[] Result);

    private static readonly ILookup<string, Case> Cases = File.ReadLines(Path.Combine(Folder(), "cases.txt")).Select(line => line.Split(' '))
        .Select(p => new Case(p[0], p[1], double.Parse(p[2], CultureInfo.InvariantCulture), Convert.FromHexString(p[3]))).ToLookup(c => c.Operation);

    public static TheoryData<string> Checked => [.. Cases.Select(c => c.Key).Where(name => name != "RotateBilinear")];

    [Theory]
    [MemberData(nameof(Checked))]
    public void Is_to_the_bit_what_the_imaging_library_makes(string name)
    {
        using var scope = Scope.Enter();
        Assert.All(Cases[name], c => Assert.Equal(c.Result, Bytes(Operation(name, Image(c.Image), c.Argument))));
    }

    [Fact]
    public void Every_operation_is_checked() =>
        Assert.Equal(Enum.GetNames<Operations>().Where(n => n != nameof(Operations.Identity)).Order(), Checked.Select(row => row.Data).Order());

    [Fact]
    public void Bilinear_rotation_rounds_where_the_imaging_library_cuts_off()
    {
        using var scope = Scope.Enter();
        foreach (var c in Cases["RotateBilinear"])
        {
            var image = Image(c.Image);
            var turned = Bytes(Warp.Apply(image, [Warp.Rotation(c.Argument, image.size(2), image.size(3))], Fill, Interpolation.Bilinear));
            Assert.All(turned.Zip(c.Result, (got, cut) => got - cut), difference => Assert.InRange(difference, 0, 1));
        }
    }

    // Arguments at which nothing may change.
    [Theory]
    [InlineData(nameof(Operations.ShearX), 0)]
    [InlineData(nameof(Operations.ShearY), 0)]
    [InlineData(nameof(Operations.TranslateX), 0)]
    [InlineData(nameof(Operations.TranslateY), 0)]
    [InlineData(nameof(Operations.Rotate), 0)]
    [InlineData(nameof(Operations.Color), 1)]
    [InlineData(nameof(Operations.Contrast), 1)]
    [InlineData(nameof(Operations.Brightness), 1)]
    [InlineData(nameof(Operations.Sharpness), 1)]
    [InlineData(nameof(Operations.Posterize), 8)]
    [InlineData(nameof(Operations.Solarize), 256)]
    [InlineData(nameof(Operations.SolarizeAdd), 0)]
    public void Leaves_the_image_alone_at_its_neutral_argument(string name, double argument)
    {
        using var scope = Scope.Enter();
        foreach (var image in Images.Keys.Select(Image)) Assert.Equal(Bytes(image), Bytes(Operation(name, image, argument)));
    }

    [Fact]
    public void Inverting_and_solarizing_from_nothing_undo_each_other()
    {
        using var scope = Scope.Enter();
        var image = Image("rough");
        Assert.Equal(Bytes(image), Bytes(Operation("Invert", Operation("Invert", image, 0), 0)));
        Assert.Equal(Bytes(image), Bytes(Operation("Solarize", Operation("Invert", image, 0), 0)));
    }

    [Fact]
    public void Half_a_turn_and_half_a_turn_is_none()
    {
        using var scope = Scope.Enter();
        var image = Image("smooth");
        Assert.Equal(Bytes(image.flip(2, 3)), Bytes(Operation("Rotate", image, 180)));
    }

    [Fact]
    public void Grey_images_of_one_channel_have_no_colour_to_change()
    {
        using var scope = Scope.Enter();
        var grey = Image("rough").narrow(1, 0, 1);
        Assert.True(grey.equal(Operation("Color", grey, 0.1)));
        Assert.Equal(grey.shape, Operation("Contrast", grey, 0.1).shape);
    }

    private static Tensor Operation(string name, Tensor image, double argument) => Move.Run(Enum.Parse<Operations>(name), image, [argument], Fill);

    // 1 x 3 x H x W
    private static Tensor Image(string name)
    {
        var (width, height, level) = Images[name];
        var values = from c in Enumerable.Range(0, 3) from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) select (float)level(x, y, c);
        return Tensor.From([.. values], 1, 3, height, width);
    }

    // H x W x 3, as files hold images
    private static byte[] Bytes(Tensor image) => image[0].permute(1, 2, 0).contiguous().to(DType.UInt8).ToArray<byte>();

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "Pillow");
}
