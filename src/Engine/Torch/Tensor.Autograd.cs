namespace WebLab.Engine.Torch;

public sealed unsafe partial class Tensor
{
    public bool requires_grad
    {
        get
        {
            var yes = Native.wl_requires_grad(Raw) != 0;
            GC.KeepAlive(this);
            return yes;
        }
        set => requires_grad_(value);
    }

    public Tensor requires_grad_(bool value = true)
    {
        Native.Check(Native.wl_set_requires_grad(Raw, value ? 1 : 0));
        GC.KeepAlive(this);
        return this;
    }

    public bool is_leaf
    {
        get
        {
            var yes = Native.wl_is_leaf(Raw) != 0;
            GC.KeepAlive(this);
            return yes;
        }
    }

    /// <summary>What <see cref="backward"/> accumulated, or null. Attacks use <see cref="Grad.Of(Tensor, Tensor)"/> instead.</summary>
    public Tensor? grad
    {
        get
        {
            Native.Check(Native.wl_get_grad(Raw, out var found));
            GC.KeepAlive(this);
            return found == 0 ? null : new Tensor(found);
        }
        set
        {
            Native.Check(Native.wl_set_grad(Raw, value?.Raw ?? 0));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }
    }

    /// <summary>Adds d this / d leaf to the gradient of every leaf that requires one.</summary>
    public void backward(Tensor? gradient = null, bool retain_graph = false, bool create_graph = false)
    {
        Native.Check(Native.wl_backward(Raw, gradient?.Raw ?? 0, retain_graph || create_graph ? 1 : 0, create_graph ? 1 : 0));
        GC.KeepAlive(this);
        GC.KeepAlive(gradient);
    }

    public Tensor detach() => Ops.Call("detach", this);
}
