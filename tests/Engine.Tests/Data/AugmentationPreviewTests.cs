using WebLab.Engine.Data;
using WebLab.Engine.Data.Augmentations;
using WebLab.Engine.Random;
using WebLab.Engine.Torch;

namespace WebLab.Engine.Tests.Data;

public sealed class AugmentationPreviewTests : IDisposable
{
    private static readonly IReadOnlyList<AugmentationOptions> Augment = [new PadCropOptions { Pad = 4 }, new FlipOptions(), new RandAugmentOptions()];

    private readonly string _data = Directory.CreateTempSubdirectory("weblab-preview-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void A_preview_shows_what_training_sees_in_a_whole_batch()
    {
        Drawn.Shapes(_data);
        using var set = DatasetShelf.In(_data).Open(Shapes32.Id);
        var shown = AugmentationPreview.Draw(set.Train, [7, 3], Augment, null, seed: 5, epoch: 2, count: 2);

        using var scope = Scope.Enter();
        using var train = new TensorSplit(set.Train, Device.Cpu);
        long[] batch = [3, 11, 7, 0];
        var x = AugmentationOptions.ApplyAll(Augment, train.Batch(batch).X, new Rng(5).Draw("augment", Tensor.From<long>(batch, 4), 3));
        Assert.Equal(Bytes(x[2]), shown[0][1].ToPlanes());
        Assert.Equal(Bytes(x[0]), shown[1][1].ToPlanes());
    }

    [Fact]
    public void Without_augmentation_every_epoch_shows_the_stored_image()
    {
        Drawn.Shapes(_data);
        using var set = DatasetShelf.In(_data).Open(Shapes32.Id);
        Assert.All(AugmentationPreview.Draw(set.Train, [4], [], null, 1, 1, 3)[0], image => Assert.Equal(set.Train.Read(4), image.ToPlanes()));
    }

    [Fact]
    public void A_crop_shows_the_side_that_the_network_sees()
    {
        Drawn.Shapes(_data);
        using var set = DatasetShelf.In(_data).Open(Shapes32.Id);
        var image = Assert.Single(AugmentationPreview.Draw(set.Train, [4], [new FlipOptions()], 24, 1, 1, 1)[0]);
        Assert.Equal((24, 24), (image.Width, image.Height));
    }

    private static byte[] Bytes(Tensor image) => image.mul(255).round().to(DType.UInt8).contiguous().ToArray<byte>();
}
