namespace WebLab.Engine.Torch;

/// <summary>
/// Owns every tensor created on this thread from <see cref="Enter"/> to its end. Scopes nest; a tensor belongs to the
/// innermost one. <see cref="Keep(Tensor)"/> hands a tensor to the enclosing scope, <see cref="Tensor.Unscoped"/> to nobody.
/// </summary>
public readonly ref struct Scope
{
    [ThreadStatic] private static Frame? innermost;
    [ThreadStatic] private static Frame? spare;

    private readonly Frame frame;

    private Scope(Frame frame) => this.frame = frame;

    public static Scope Enter()
    {
        var frame = spare ?? new Frame();
        spare = frame.Outer;
        frame.Outer = innermost;
        innermost = frame;
        return new Scope(frame);
    }

    /// <summary>Lets a tensor outlive this scope: it moves to the enclosing scope, or to its holder when there is none.</summary>
    public Tensor Keep(Tensor t)
    {
        if (t.Frame != frame)
            return t;
        frame.Give(t);
        frame.Outer?.Take(t);
        return t;
    }

    /// <summary>The same for several.</summary>
    public Tensor[] Keep(params Tensor[] all)
    {
        foreach (var t in all)
            Keep(t);
        return all;
    }

    /// <exception cref="InvalidOperationException">An inner scope is still open, or another thread ends it.</exception>
    public void Dispose()
    {
        if (innermost != frame)
            throw new InvalidOperationException("scopes end in the reverse order of their beginning, on the thread that began them");
        innermost = frame.Outer;
        frame.End();
        frame.Outer = spare;
        spare = frame;
    }

    internal static void Take(Tensor t) => innermost?.Take(t);

    /// <summary>The tensors of one open scope.</summary>
    internal sealed class Frame
    {
        private readonly List<Tensor?> owned = [];

        public Frame? Outer { get; set; }

        public void Take(Tensor t)
        {
            t.Frame = this;
            t.Place = owned.Count;
            owned.Add(t);
        }

        public void Give(Tensor t)
        {
            owned[t.Place] = null;
            t.Frame = null;
        }

        public void End()
        {
            foreach (var t in owned)
            {
                if (t is null)
                    continue;
                t.Frame = null;
                t.Dispose();
            }
            owned.Clear();
        }
    }
}
