// What the pages use of ECharts, for the bundle in wwwroot/lib: a kind of series or component that is not named here is not drawn.
import { init, use } from 'echarts/core';
import { BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, LegendComponent, MarkPointComponent, ParallelComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart,
  DataZoomInsideComponent, GridComponent, LegendComponent, MarkPointComponent, ParallelComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

export { init };
