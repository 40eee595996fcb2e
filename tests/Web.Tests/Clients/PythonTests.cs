namespace WebLab.Web.Tests.Clients;

[Collection(Visitors.Name)]
public sealed class PythonTests(ServedLab lab)
{
    private static readonly string Package = Path.Combine(ServedLab.Clone, "clients", "python");

    private static readonly bool HasPython = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, "python3")));

    [Fact]
    public async Task The_package_keeps_its_laws_and_the_examples_of_its_readme_hold()
    {
        Assert.SkipUnless(HasPython, "no python3 on the PATH");
        var (status, output, errors) = await lab.Run("python3", ["-B", "-m", "unittest", "discover", "-s", "tests", "-t", "."], Package, null, ("WEBLAB_KEY", lab.Key));
        Assert.True(status == 0, output + errors);
        Assert.DoesNotContain("skipped", errors);
    }

    [Fact]
    public async Task The_example_runs_from_a_clone_without_pip()
    {
        Assert.SkipUnless(HasPython, "no python3 on the PATH");
        var (status, output, errors) = await lab.Run("python3", ["-B", "-I", Path.Combine(ServedLab.Clone, "examples", "train.py"), "--help"], Path.GetTempPath());
        Assert.True(status == 0, errors);
        Assert.Contains("recipe", output);
    }
}
