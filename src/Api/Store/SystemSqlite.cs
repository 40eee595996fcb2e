using System.Reflection;
using System.Runtime.InteropServices;

namespace WebLab.Api.Store;

/// <summary>Makes SQLitePCL load the system's maintained SQLite; the one bundled with the package dates from 2021.</summary>
internal static class SystemSqlite
{
    private static readonly Lazy<bool> Ready = new(() =>
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, Resolve);
        SQLitePCL.Batteries_V2.Init();
        return true;
    });

    /// <summary>Call before the first connection; later calls do nothing.</summary>
    public static void Use() => _ = Ready.Value;

    /// <summary>Version of the library in use, such as <c>3.40.1</c>.</summary>
    public static string Version()
    {
        Use();
        return SQLitePCL.raw.sqlite3_libversion().utf8_to_string();
    }

    // Zero lets the runtime go on to the bundled library: on a system without libsqlite3.so.0 the store still works.
    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "e_sqlite3" && NativeLibrary.TryLoad("libsqlite3.so.0", out var handle) ? handle : IntPtr.Zero;
}
