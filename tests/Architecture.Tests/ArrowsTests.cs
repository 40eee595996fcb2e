using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace WebLab.Architecture.Tests;

/// <summary>Web -> Api -> Engine -> the two native libraries, and nothing the other way.</summary>
public sealed partial class ArrowsTests
{
    private const string Binding = "src/Engine/Torch/", ImageBinding = "src/Engine/Images/";

    private static readonly Assembly Engine = Assembly.Load("weblab"), Api = Assembly.Load("WebLab.Api"), Web = Assembly.Load("WebLab.Web");

    // What a room of the engine may not know of, from the bottom up.
    public static TheoryData<string, string> ClosedDoors => new()
    {
        { "Torch", "Random|Catalog|Recipes|Nets|Attacks|Methods|Training|Data|Images|Golden|Cli" },
        { "Random", "Catalog|Recipes|Nets|Attacks|Methods|Training|Data|Images|Jobs|Golden|Cli" },
        { "Images", "Recipes|Nets|Attacks|Methods|Training|Jobs|Golden|Cli" },
        { "Catalog", "Images|Jobs|Golden|Cli|Torch|Random" },
        { "Nets", "Attacks|Methods|Training|Data|Images|Jobs|Golden|Cli" },
        { "Attacks", "Methods|Training|Data|Images|Jobs|Golden|Cli" },
        { "Data", "Nets|Attacks|Methods|Training|Golden|Cli" },
        { "Corruptions", "Torch|Recipes|Nets|Attacks|Methods|Training|Jobs|Golden|Cli" },
        { "Methods", "Golden|Cli|Images" },
        { "Training", "Golden|Cli" },
        { "Golden", "Cli" },
    };

    [Fact]
    public void Engine_knows_neither_the_web_nor_a_database_nor_a_container()
    {
        var strangers = References(Engine).Where(n => n.StartsWith("WebLab.") || n.StartsWith("Microsoft.AspNetCore")
            || n.StartsWith("Microsoft.EntityFrameworkCore") || n.StartsWith("Microsoft.Extensions") || n.StartsWith("Microsoft.Data"));
        Tree.Nothing(strangers);
    }

    [Fact]
    public void Api_does_not_know_the_pages() => Assert.DoesNotContain("WebLab.Web", References(Api));

    [Fact]
    public void Pages_write_through_services_only() =>
        Tree.Nothing(Tree.Files("src/Web", ".cs", ".razor").Where(p => Regex.IsMatch(Tree.Code(p), @"\bSaveChanges|\.Write(WhenFree)?\(c(ontext)? =>|Microsoft\.Data\.Sqlite")));

    [Fact]
    public void The_server_process_uses_no_tensor()
    {
        var users = Tree.Files("src/Api", ".cs").Concat(Tree.Files("src/Web", ".cs", ".razor"))
            .Where(p => Regex.IsMatch(Tree.Code(p), @"WebLab\.Engine\.(Torch|Random|Nets)\b"));
        Tree.Nothing(users);
    }

    // One line in the catalog is all that makes a method known: forms, checks, trainer and jobs follow from it. Reference cases translate
    // their own vocabulary, benchmarks name what they measure.
    [Fact]
    public void Training_methods_are_named_by_the_catalog_alone()
    {
        var listed = Regex.Match(Tree.Code("src/Engine/Catalog/Kinds.cs"), @"> Methods = new\((.*?)\);", RegexOptions.Singleline).Groups[1].Value;
        var names = Regex.Matches(listed, @"typeof\((\w+)\)").Select(m => m.Groups[1].Value).ToList();
        Assert.True(names.Count > 15, $"found {names.Count} methods");
        var door = new Regex($@"\b({string.Join('|', names)})\b");
        var knowing = Tree.Files("src", ".cs", ".razor")
            .Where(p => !p.StartsWith("src/Engine/Methods/", StringComparison.Ordinal) && !p.StartsWith("src/Engine/Golden/", StringComparison.Ordinal)
                && !p.StartsWith("src/Engine/Cli/Bench", StringComparison.Ordinal) && p != "src/Engine/Catalog/Kinds.cs")
            .SelectMany(p => door.Matches(Tree.Code(p)).Select(m => $"{p}: {m.Value}"));
        Tree.Nothing(knowing.Distinct());
    }

    [Theory]
    [MemberData(nameof(ClosedDoors))]
    public void A_room_of_the_engine_knows_only_the_rooms_below(string room, string closed)
    {
        var folder = $"src/Engine/{room}";
        var door = new Regex($@"\bWebLab\.Engine\.({closed})\b");
        var crossed = Tree.Files(folder, ".cs").SelectMany(p => door.Matches(Tree.Code(p)).Select(m => $"{p}: {m.Value}"));
        Tree.Nothing(crossed.Distinct());
    }

    [Fact]
    public void Unsafe_code_and_native_entry_points_stay_in_the_bindings()
    {
        var elsewhere = Tree.Files("src", ".cs")
            .Where(p => !p.StartsWith(Binding) && !p.StartsWith(ImageBinding) && Native().IsMatch(Tree.Code(p)));
        Tree.Nothing(elsewhere);
        Assert.InRange(Tree.Files("src/Engine/Images", ".cs").Count(p => Native().IsMatch(Tree.Code(p))), 0, 1);
    }

    // Made for requests and answers: where cookies and keys are read off a request, and how a live resource is answered.
    private static readonly string[] OfHttp = ["Live", "LabForm", "Access", "Caller", "Csrf", "KeyAuthentication", "Sessions", "SignInThrottle", "StartLink"];

    [Fact]
    public void Features_of_the_api_keep_http_in_their_endpoints()
    {
        string[] features = ["Experiments", "Runs", "Evaluations", "Models", "Datasets", "Lab", "Accounts", "Machine"];
        var services = Api.GetTypes().Where(t => !t.IsNested && features.Any(f => t.Namespace == $"WebLab.Api.{f}")
            && !t.Name.EndsWith("Endpoints") && !OfHttp.Contains(t.Name));
        var leaks = services.SelectMany(t => Touched(t).Where(IsHttp).Select(http => $"{t.FullName} uses {http.FullName}"));
        Tree.Nothing(leaks.Distinct());
    }

    private static List<string> References(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(n => n.Name!)];

    private static bool IsHttp(Type type) => type.Namespace?.StartsWith("Microsoft.AspNetCore") == true;

    // Every type in the signatures, fields and locals of a type.
    private static IEnumerable<Type> Touched(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var methods = type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors(all));
        return methods.SelectMany(m => m.GetParameters().Select(p => p.ParameterType)
                .Concat(m.GetMethodBody()?.LocalVariables.Select(l => l.LocalType) ?? []))
            .Concat(type.GetMethods(all).Select(m => m.ReturnType))
            .Concat(type.GetFields(all).Select(f => f.FieldType))
            .SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType) return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type) : [type];
    }

    // The kernel's own calls that .NET lacks (fsync of a folder, kill) are no binding.
    [GeneratedRegex(@"\bunsafe\b(?!-)|\[(DllImport|LibraryImport)\((?!""libc"")")]
    private static partial Regex Native();
}
