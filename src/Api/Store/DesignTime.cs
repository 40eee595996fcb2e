using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace WebLab.Api.Store;

/// <summary>How <c>dotnet ef migrations add</c> makes a context; nothing else uses it.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<LabContext>
{
    public LabContext CreateDbContext(string[] args)
    {
        SystemSqlite.Use();
        return new LabContext(new DbContextOptionsBuilder<LabContext>().UseSqlite("Data Source=:memory:").Options);
    }
}
