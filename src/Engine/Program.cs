return WebLab.Engine.Cli.Entry.Run(args);
