using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using WebLab.Api.Store.Entities;

namespace WebLab.Api.Store;

/// <summary>The SQLite index of the data directory. Read through <see cref="LabStore.Read"/>, write through <see cref="LabStore.Write{T}"/>.</summary>
public sealed class LabContext(DbContextOptions<LabContext> options) : DbContext(options)
{
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();
    public DbSet<Attempt> Attempts => Set<Attempt>();
    public DbSet<AttackResult> AttackResults => Set<AttackResult>();
    public DbSet<AuditEntry> Audit => Set<AuditEntry>();
    public DbSet<Checkpoint> Checkpoints => Set<Checkpoint>();
    public DbSet<Dataset> Datasets => Set<Dataset>();
    public DbSet<DatasetVersion> DatasetVersions => Set<DatasetVersion>();
    public DbSet<Evaluation> Evaluations => Set<Evaluation>();
    public DbSet<Experiment> Experiments => Set<Experiment>();
    public DbSet<IdempotencyRecord> IdempotencyRecords => Set<IdempotencyRecord>();
    public DbSet<LabSession> LabSessions => Set<LabSession>();
    public DbSet<MetricChunk> MetricChunks => Set<MetricChunk>();
    public DbSet<MetricSeries> MetricSeries => Set<MetricSeries>();
    public DbSet<Model> Models => Set<Model>();
    public DbSet<ModelVersion> ModelVersions => Set<ModelVersion>();
    public DbSet<Notification> Notifications => Set<Notification>();
    public DbSet<Run> Runs => Set<Run>();
    public DbSet<Setting> Settings => Set<Setting>();
    public DbSet<Share> Shares => Set<Share>();
    public DbSet<Sweep> Sweeps => Set<Sweep>();
    public DbSet<Upload> Uploads => Set<Upload>();
    public DbSet<User> Users => Set<User>();
    public DbSet<WebhookDelivery> WebhookDeliveries => Set<WebhookDelivery>();
    public DbSet<Webhook> Webhooks => Set<Webhook>();

    protected override void ConfigureConventions(ModelConfigurationBuilder conventions)
    {
        // SQLite orders and compares integers, not DateTimeOffset text: UTC milliseconds since 1970.
        conventions.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
        conventions.Properties<ModelStage>().HaveConversion<string>();
        conventions.Properties<RunKind>().HaveConversion<string>();
        conventions.Properties<RunStatus>().HaveConversion<string>();
        conventions.Properties<DesiredState>().HaveConversion<string>();
        conventions.Properties<UserRole>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<ApiKey>(e => e.HasIndex(k => k.Prefix));
        model.Entity<Attempt>(e =>
        {
            e.HasIndex(a => new { a.RunId, a.Number }).IsUnique();
            e.HasIndex(a => a.EndedAt);
        });
        model.Entity<AttackResult>(e => e.HasKey(r => new { r.EvaluationId, r.Position }));
        model.Entity<AuditEntry>(e => e.HasIndex(a => a.At));
        model.Entity<Checkpoint>(e => e.HasIndex(c => new { c.RunId, c.Name }).IsUnique());
        model.Entity<DatasetVersion>(e => e.HasKey(v => new { v.DatasetId, v.Name }));
        model.Entity<Evaluation>(e =>
        {
            e.HasIndex(v => v.CheckpointId);
            e.HasIndex(v => v.SourceRunId);
        });
        model.Entity<Experiment>(e =>
        {
            e.HasIndex(x => x.CreatedAt);
            e.HasIndex(x => x.SweepId);
        });
        model.Entity<IdempotencyRecord>(e =>
        {
            e.HasKey(r => new { r.UserId, r.Route, r.Key });
            e.HasIndex(r => r.ExpiresAt);
        });
        model.Entity<MetricChunk>(e => e.HasKey(c => new { c.SeriesId, c.Number }));
        model.Entity<MetricSeries>(e => e.HasIndex(s => new { s.RunId, s.Key }).IsUnique());
        model.Entity<Model>(e =>
        {
            e.Property(m => m.Name).UseCollation("NOCASE");
            e.HasIndex(m => m.Name).IsUnique();
        });
        model.Entity<ModelVersion>(e =>
        {
            e.HasIndex(v => new { v.ModelId, v.Number }).IsUnique();
            e.HasIndex(v => v.CheckpointId);
        });
        model.Entity<Notification>(e => e.HasIndex(n => new { n.UserId, n.CreatedAt }));
        model.Entity<Run>(e =>
        {
            e.HasIndex(r => new { r.Status, r.Priority, r.QueuePosition });
            e.HasIndex(r => r.ExperimentId);
            e.HasIndex(r => r.CreatedAt);
        });
        model.Entity<Setting>(e => e.HasKey(s => s.Key));
        model.Entity<Share>(e => e.HasKey(s => s.Token));
        model.Entity<User>(e =>
        {
            e.Property(u => u.Name).UseCollation("NOCASE");
            e.HasIndex(u => u.Name).IsUnique();
        });
        model.Entity<WebhookDelivery>(e => e.HasIndex(d => d.NextAt));
    }

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        t => t.ToUnixTimeMilliseconds(), v => DateTimeOffset.FromUnixTimeMilliseconds(v));
}
