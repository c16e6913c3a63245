export declare const vertex: unknown;
