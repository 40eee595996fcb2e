using System.Reflection;
using WebLab.Engine.Tests;
using WebLab.Engine.Torch;
using Xunit;
using Xunit.v3;

// libtorch uses every core by itself, and tensors are counted per process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: TensorsReturn]

namespace WebLab.Engine.Tests;

/// <summary>After every test the count of live tensors is where it was, or lower.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TensorsReturnAttribute : BeforeAfterTestAttribute
{
    private long before;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => before = Tensor.Live;

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (Tensor.Live <= before)
            return;
        // Tensors outside of every scope end when they are collected.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.InRange(Tensor.Live, 0, before);
    }
}
