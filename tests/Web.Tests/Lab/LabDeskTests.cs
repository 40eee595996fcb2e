using System.Text.Json.Nodes;
using WebLab.Api.Lab;
using WebLab.Engine.Attacks;
using WebLab.Engine.Catalog;
using WebLab.Web.Lab;

namespace WebLab.Web.Tests.Lab;

public sealed class LabDeskTests
{
    private readonly LabDesk _desk = new();

    [Theory]
    [InlineData("linf", 8, "8/255", "2/255")]
    [InlineData("linf", 0, "0/255", "0/255")]
    [InlineData("l2", 50, "0.5", "0.125")]
    [InlineData("l1", 24, "12", "3")]
    public void Steps_follow_the_radius_in_the_norm_at_hand(string norm, double count, string eps, string step)
    {
        _desk.Attack["norm"] = norm;
        _desk.Slide(count);
        Assert.Equal((eps, step), ((string?)_desk.Attack["eps"], (string?)_desk.Attack["stepSize"]));
        Assert.NotNull(_desk.Sheet.Value);
    }

    [Fact]
    public void Every_attack_that_the_catalog_lets_aim_is_aimed_and_back_and_no_other()
    {
        _desk.Pictures.Add(new DeskPicture(new PictureRef("a"), "a", ""));
        foreach (var entry in Kinds.Attacks.Entries)
        {
            _desk.Sheet.Choose(_desk.Sheet.Root, LabDesk.AttackField, entry.Kind);
            _desk.Aim(0, 3);
            if (entry.Default() is not AimedOptions)
            {
                Assert.Null(_desk.Target(0));
                Assert.Null(_desk.Attacked().Pictures[0].Target);
                Assert.StartsWith($"{entry.About.Title} cannot be aimed", _desk.NoAim);
                continue;
            }
            Assert.Null(_desk.NoAim);
            Assert.Equal((entry.Kind, "given", false), ((string?)_desk.Attack["kind"], (string?)_desk.Attack["target"], (bool)_desk.Attack["stopAtSuccess"]!));
            Assert.Equal(3, _desk.Attacked().Pictures[0].Target);
            Assert.Null(_desk.Corrupted().Pictures[0].Target);
            Assert.NotNull(_desk.Sheet.Value);
            _desk.Aim(0, null);
            Assert.Equal(("none", true), ((string?)_desk.Attack["target"], (bool)_desk.Attack["stopAtSuccess"]!));
            Assert.NotNull(_desk.Sheet.Value);
        }
    }

    [Fact]
    public void A_request_does_not_change_with_the_desk()
    {
        var asked = _desk.Attacked();
        _desk.Slide(3);
        Assert.Equal("8/255", (string?)asked.Attack!["eps"]);
        Assert.False(JsonNode.DeepEquals(asked.Attack, _desk.Attack));
    }
}
