using WebLab.Web.Parts;

namespace WebLab.Web.Tests.Parts;

public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.1, "0.1")]
    [InlineData(2.54512, "2.545")]
    [InlineData(10_000, "10\u202f000")]
    [InlineData(0.0005, "5e−4")]
    [InlineData(-12.5, "−12.5")]
    public void Numbers_are_short(double value, string words) => Assert.Equal(words, Format.Number(value));

    [Theory]
    [InlineData(0.0132, "+1.3")]
    [InlineData(-0.005, "−0.5")]
    [InlineData(0, "0.0")]
    [InlineData(-0.0001, "0.0")]
    public void Differences_have_their_sign(double difference, string words) => Assert.Equal(words, Format.Points(difference));

    [Theory]
    [InlineData(4.2, "4.2 s")]
    [InlineData(59.6, "1 min 00 s")]
    [InlineData(3600, "1 h 00 min")]
    [InlineData(100_000, "1 d 3 h")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Durations_have_two_units(double seconds, string words) => Assert.Equal(words, Format.Duration(seconds));

    [Theory]
    [InlineData(34.4, "34 s")]
    [InlineData(709, "12 min")]
    [InlineData(12240, "3.4 h")]
    [InlineData(190000, "2 d 4 h")]
    public void Estimates_have_two_digits(double seconds, string words) => Assert.Equal(words, Format.Roughly(seconds));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(5e12, "4.5 TiB")]
    public void Bytes_are_binary(double bytes, string words) => Assert.Equal(words, Format.Bytes(bytes));
}
